# pigalloc: `make help` explains the targets.

NAME    := pigalloc
VERSION := $(shell sed -n 's/^version *= *"\(.*\)"/\1/p;/^version/q' Cargo.toml)
SOMAJOR := 0
SONAME  := lib$(NAME).so.$(SOMAJOR)

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DESTDIR    ?=

CARGO   ?= cargo
PYTHON  ?= python3
INSTALL ?= install

# What leaves the shared object: debuginfo (names of functions stay, for perf and gdb), symbols, or none.
STRIP ?= debuginfo

OUT     := target/release
SO      := $(OUT)/lib$(NAME).so
ARCHIVE := $(OUT)/lib$(NAME).a
LIB     ?= $(CURDIR)/$(SO)
SOURCES := $(shell find src -name '*.rs' -not -path 'src/tests/*') Cargo.toml $(wildcard Cargo.lock) Makefile \
           scripts/replaceable.txt

# -z defs makes a symbol that nobody provides an error here instead of at preload; -z now leaves no lazy
# binding that could run in the middle of malloc; -z nodelete keeps the code after dlclose, when blocks are
# still out; -Bsymbolic-functions binds the library's calls of its own functions to itself, but for
# those behind C++'s operators.
LINK := -nostartfiles -Wl,-soname,$(SONAME) -Wl,-z,defs -Wl,-z,now -Wl,-z,relro -Wl,-z,nodelete \
        -Wl,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed -Wl,--hash-style=gnu -Wl,--build-id=sha1 \
        -Wl,-Bsymbolic-functions -Wl,--dynamic-list=scripts/replaceable.txt -Wl,--no-rosegment

# The library's own tests: system calls can be refused (faults), and the exported names stay out of the test
# program.
TEST_FEATURES := --features faults
ifneq ($(shell command -v cargo-nextest 2>/dev/null),)
  RUN_TESTS := $(CARGO) nextest run --lib $(TEST_FEATURES)
else
  RUN_TESTS := $(CARGO) test --lib $(TEST_FEATURES)
endif

.DELETE_ON_ERROR:
.PHONY: all build run header header-check test unit-test loom doc-test global-test c-test stress faults count count-update bench bench-memory peers figures \
        programs misuse fuzz suites check tools fmt clippy layers artifact install-check install uninstall clean help

## Building

all: build ## the same as build

build: $(SO) $(ARCHIVE) ## build the shared object and the static archive in target/release

# Each crate type is built by a command of its own: naming rlib beside cdylib would switch link-time
# optimization off without a word. The archive has its own target folder so that neither build makes the
# other one stale. The object keeps its symbols; those of the newer kind are a little shorter.
SHARED = -C strip=$(STRIP) -C symbol-mangling-version=v0 $(foreach flag,$(LINK),-C link-arg=$(flag))

$(SO): $(SOURCES)
	$(CARGO) rustc --lib --release --features shared --target-dir target --crate-type cdylib -- \
	    $(SHARED)
	@touch $@

# The same object with one feature for tests, each in a target folder of its own.
TEST_OBJECTS := $(foreach feature,yields faults,target/$(feature)/release/lib$(NAME).so)
$(TEST_OBJECTS): target/%/release/lib$(NAME).so: $(SOURCES)
	$(CARGO) rustc --lib --release --features shared,$* --target-dir target/$* --crate-type cdylib -- \
	    $(SHARED)
	@touch $@

$(ARCHIVE): $(SOURCES)
	@mkdir -p $(OUT)
	$(CARGO) rustc --lib --release --target-dir target/static --crate-type staticlib
	strip --strip-debug -o $@ target/static/release/lib$(NAME).a

header: ## write include/pigalloc.h from the documented Rust
	PIGALLOC_WRITE_HEADER=1 $(CARGO) test --quiet --lib $(TEST_FEATURES) header

clean: ## remove everything that was built
	$(CARGO) clean
	@test ! -f c-tests/Makefile || $(MAKE) --no-print-directory -C c-tests clean
	rm -rf build

## Using

run: build ## run a program on the system's malloc and on pigalloc: make run [CMD="…"]
	@CMD='$(subst ','\'',$(CMD))' $(PYTHON) scripts/run.py --lib $(SO)

install: build ## install library, archive, header and pkg-config file: PREFIX, LIBDIR, INCLUDEDIR, DESTDIR
	$(INSTALL) -d '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)'
	$(INSTALL) -m 755 $(SO) '$(DESTDIR)$(LIBDIR)/lib$(NAME).so.$(VERSION)'
	ln -sf lib$(NAME).so.$(VERSION) '$(DESTDIR)$(LIBDIR)/$(SONAME)'
	ln -sf $(SONAME) '$(DESTDIR)$(LIBDIR)/lib$(NAME).so'
	$(INSTALL) -m 644 $(ARCHIVE) '$(DESTDIR)$(LIBDIR)/lib$(NAME).a'
	$(INSTALL) -m 644 include/$(NAME).h '$(DESTDIR)$(INCLUDEDIR)/$(NAME).h'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
	    -e 's|@VERSION@|$(VERSION)|' scripts/$(NAME).pc.in > '$(DESTDIR)$(LIBDIR)/pkgconfig/$(NAME).pc'

uninstall: ## remove what install put there (same variables)
	rm -f '$(DESTDIR)$(LIBDIR)/lib$(NAME).so.$(VERSION)' '$(DESTDIR)$(LIBDIR)/$(SONAME)' \
	    '$(DESTDIR)$(LIBDIR)/lib$(NAME).so' '$(DESTDIR)$(LIBDIR)/lib$(NAME).a' \
	    '$(DESTDIR)$(INCLUDEDIR)/$(NAME).h' '$(DESTDIR)$(LIBDIR)/pkgconfig/$(NAME).pc'

## Testing

test: tools unit-test doc-test c-test global-test ## all tests: Rust, properties, C, and a Rust program on pigalloc

tools:
	@scripts/tools.sh gcc g++ strip

unit-test: ## unit and property tests of the Rust sources
	$(RUN_TESTS)

loom: ## locks, mailboxes, arenas, the page map and claims in all interleavings of their threads
	RUSTFLAGS="--cfg loom" $(CARGO) test --lib --release --target-dir target/loom loom_

doc-test: ## the examples in the documentation
	$(CARGO) test --quiet --doc --no-default-features

c-test: build ## the C tests, on any allocator: make c-test [LIB=/path/to/other.so|system]
	$(MAKE) --no-print-directory -C c-tests run LIB='$(LIB)'

global-test: ## a Rust program that names pigalloc as its #[global_allocator]
	$(CARGO) run --quiet --release --target-dir target/global --manifest-path c-tests/global/Cargo.toml

misuse: build ## what allocators make of double frees and the like: make misuse [PEERS=…] [COMMIT=1]
	@$(PYTHON) scripts/misuse.py --lib '$(LIB)' $(if $(PEERS),--peers '$(PEERS)') $(if $(COMMIT),--commit README.md)

fuzz: ## random programs, guided by what they reach: make fuzz [SECONDS=60]
	@CARGO='$(CARGO)' $(PYTHON) scripts/fuzz.py --seconds '$(or $(SECONDS),60)'

programs: build ## real programs: same results with and without pigalloc: make programs [QUICK=1] [ONLY=…] [KIND=…]
	$(PYTHON) scripts/programs.py --lib '$(LIB)' $(if $(QUICK),--quick) $(if $(ONLY),--only '$(ONLY)') \
	    $(if $(KIND),--kind '$(KIND)') $(if $(ROUNDS),--rounds $(ROUNDS))

# Of the suites: QUICK=1 ONLY=SUITE,…
suites: build ## existing C test suites, with and without pigalloc: make suites [QUICK=1] [ONLY=…]
	@$(PYTHON) scripts/suites.py --lib '$(LIB)' $(if $(QUICK),--quick) $(if $(ONLY),--only '$(ONLY)')

stress: build target/yields/release/lib$(NAME).so ## everything at once, each byte checked: make stress [SECONDS=…] [THREADS=…] [ONLY=MODE,…]
	@$(PYTHON) scripts/stress.py --lib '$(LIB)' $(if $(SECONDS),--seconds $(SECONDS)) $(if $(THREADS),--threads $(THREADS)) \
	    $(if $(ONLY),--only '$(ONLY)')

faults: build target/faults/release/lib$(NAME).so ## refused system calls, and limits in steps: make faults [SHORT=1] [ONLY=ROW;…]
	@$(PYTHON) scripts/faults.py --lib '$(LIB)' $(if $(SHORT),--short) $(if $(ONLY),--only '$(ONLY)')

check: ## everything that CI checks; make check STEPS="fmt layers" for some of it
	@$(PYTHON) scripts/check.py $(STEPS)

fmt:
	$(CARGO) fmt --check

# The library and its tests one after the other: together they would share features of what they depend on,
# and the tests' need of std would meet the panic handler of the library.
clippy:
	$(CARGO) clippy --quiet --lib -- -D warnings
	$(CARGO) clippy --quiet --lib --features shared -- -D warnings
	$(CARGO) clippy --quiet --tests $(TEST_FEATURES) -- -D warnings
	$(CARGO) clippy --quiet --lib --no-default-features -- -D warnings
	$(CARGO) clippy --quiet --lib --features yields -- -D warnings
	$(CARGO) clippy --quiet --lib --features faults -- -D warnings
	$(CARGO) clippy --quiet --target-dir target/global --manifest-path c-tests/global/Cargo.toml -- -D warnings

layers:
	@$(PYTHON) scripts/check_layers.py

artifact: build
	@$(PYTHON) scripts/check_artifact.py --so $(SO) --archive $(ARCHIVE) --soname $(SONAME)

header-check: ## fail unless include/pigalloc.h is what the sources say
	@scripts/check_header.sh

install-check: build
	@scripts/check_install.sh

## Measuring

count: build ## instructions per operation, against a limit for each (needs valgrind)
	@$(PYTHON) scripts/count.py --lib $(SO)

count-update: build ## write today's counts to scripts/count/table.json
	@$(PYTHON) scripts/count.py --lib $(SO) --update

# Of the bench: QUICK=1 ONLY=PATTERN,… PEERS=NAME,… GROUP=stress|real ROUNDS=N SCALE=X ALSO=NAME=PATH COMMIT=1
COMPARED = --lib '$(LIB)' $(if $(PEERS),--peers '$(PEERS)') $(if $(ALSO),--also '$(ALSO)') \
           $(if $(COMMIT),--commit c-tests/bench/results)

bench: build ## beside its peers on stress and real programs: make bench [QUICK=1] [ONLY=…] [PEERS=…] [GROUP=…] [ROUNDS=…]
	@$(PYTHON) scripts/bench.py $(COMPARED) $(if $(QUICK),--quick) $(if $(ONLY),--only '$(ONLY)') \
	    $(if $(GROUP),--group $(GROUP)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SCALE),--scale $(SCALE))

bench-memory: build ## resident over live memory through time: make bench-memory [ONLY=…] [PEERS=…]
	@$(PYTHON) scripts/bench_memory.py $(COMPARED) $(if $(ONLY),--only '$(ONLY)')

peers: ## build the allocators to compare with, from package registries
	@$(PYTHON) scripts/peers.py

figures: build ## what malloc costs beside time: memory, limits, stack, start-up; several minutes and 3 GB of memory
	$(PYTHON) scripts/figures.py

help: ## this text
	@awk -F ':.*## ' '/^## / { printf "\n%s\n", substr($$0, 4) } /^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' \
	    $(MAKEFILE_LIST)
