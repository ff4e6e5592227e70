"""Interpreters and virtual machines on programs of their languages, which stand in work/."""

from .program import maker

language = maker("language")

TESTS = r"""
        cd /; mkdir "$HOME/tests"
        status=0
        PYTHONMALLOC=malloc /usr/bin/python3 -m test -v --tempdir "$HOME/tests" {options} {modules} \
            >"$HOME/log" 2>&1 || status=$?
        [ $status = 0 ] || grep -E '^(ERROR|FAIL|Warning --|Traceback|test .* failed)' "$HOME/log" | head -20 >&2
        grep -E '^(Ran [0-9]+ tests|[0-9]+ tests? (OK|failed)|All [0-9]+ tests OK|Result:|OK)' "$HOME/log" |
            sed 's/ in [0-9.]*s$//' | sort
        exit $status"""


def cpython(name, modules, options="", **more):
    """CPython's own tests of so many modules, on the distribution's interpreter."""
    return language(name, "/usr/bin/python3 /usr/lib/python3.11/test/test_list.py",
                    "python3 libpython3.11-testsuite", "/usr/bin/python3 -c 'import json'",
                    TESTS.format(modules=modules, options=options), shows="python3", **more)


PROGRAMS = (
    language("python3", "python3", "python3", "python3 -c 'import json'",
             'PYTHONHASHSEED=0 PYTHONMALLOC=malloc python3 "$WORK/work.py"', quick=True),

    cpython("python-tests", "test_list test_dict test_set test_json test_re test_gc test_ctypes test_threading"),

    cpython("python-processes", "test_subprocess test_multiprocessing_fork", "-j2", seconds=280, rounds=1),

    language("numpy", "/usr/bin/python3 /usr/lib/python3/dist-packages/numpy", "python3 python3-numpy",
             "/usr/bin/python3 -c 'import numpy'",
             'PYTHONMALLOC=malloc OMP_NUM_THREADS=2 /usr/bin/python3 "$WORK/arrays.py"', shows="python3"),

    language("pandas", "/usr/bin/python3 /usr/lib/python3/dist-packages/pandas", "python3 python3-pandas",
             "/usr/bin/python3 -c 'import pandas'",
             'PYTHONMALLOC=malloc OMP_NUM_THREADS=2 /usr/bin/python3 "$WORK/frames.py"', shows="python3"),

    language("perl", "perl", "perl", "perl -e 1",
             'PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0 perl "$WORK/work.pl"', quick=True),

    language("ruby", "ruby", "ruby", "ruby -e 1", 'ruby "$WORK/work.rb"'),

    # Once with the pools that PHP makes from large pieces, once with every object from malloc. Extensions are
    # opened with RTLD_DEEPBIND.
    language("php", "php", "php-cli", "php -r '1;'", """
        php "$WORK/work.php"
        USE_ZEND_ALLOC=0 php "$WORK/work.php" """),

    language("lua", "lua5.4", "lua5.4", "lua5.4 -e 'x = 1'", 'lua5.4 "$WORK/work.lua"'),

    language("tcl", "tclsh", "tcl", "echo exit | tclsh", 'tclsh "$WORK/work.tcl"'),

    language("guile", "guile", "guile-3.0", "guile -c 1", 'GUILE_AUTO_COMPILE=0 guile -s "$WORK/work.scm"'),

    language("ocaml", "ocamlopt ocamlc ocamlrun gcc", "ocaml-nox gcc",
             "echo >x.ml; ocamlopt x.ml -o x; ./x; ocamlc x.ml -o y; ./y", """
        cp "$WORK/work.ml" .
        ocamlopt -o native work.ml; ./native
        ocamlc -o bytes work.ml; ./bytes""", shows="ocamlopt ocamlc ocamlrun x"),

    # Without the pools of the Erlang machine every block comes from malloc.
    language("erlang", "erl erlc", "erlang-base", "erl +Mea min -noshell -eval 'halt(0).'", """
        erlc "$WORK/work.erl"
        erl +S 2:2 -noshell -noinput -run work main
        erl +S 2:2 +Mea min -noshell -noinput -run work main""", shows="beam.smp"),

    language("R", "Rscript", "r-base-core", "Rscript --vanilla -e 1", 'Rscript --vanilla "$WORK/work.R"', shows="R"),

    language("node", "node", "nodejs", "node -e 1", 'node "$WORK/work.js"'),

    language("java", "java javac", "openjdk-17-jdk-headless", "java -version; javac -version", """
        javac -d . "$WORK/Work.java"
        java -Xmx300m -XX:-UsePerfData -cp . Work"""),
)
