"""Compilers, linkers and what drives them: the objects that they make are the same, byte by byte."""

from .program import maker

compiler = maker("compiler")

PROGRAMS = (
    compiler("g++", "g++", "g++", "g++ -o x -x c++ - <<END\nint main() {}\nEND", """
        g++ -std=c++17 -O1 -c "$WORK/templates.cc" -o t.o
        sha256sum < t.o
        g++ -o t t.o; ./t""", shows="g++ cc1plus as collect2 ld", quick=True),

    compiler("gcc", "gcc", "gcc", "gcc -o x -x c - <<END\nint main(void) {}\nEND", """
        gcc -w -O2 -c "$IN/many.c" -o m.o
        sha256sum < m.o
        gcc -o m m.o; ./m""", shows="gcc cc1 as collect2 ld", quick=True),

    compiler("clang", "clang clang++", "clang g++", "clang --version; clang++ -x c++ -c -o x.o /dev/null", """
        clang++ -std=c++17 -O1 -DDEPTH=8 -c "$WORK/templates.cc" -o t.o
        sha256sum < t.o
        clang++ -o t t.o; ./t
        clang -w -O2 -c "$IN/many.c" -o m.o; sha256sum < m.o
        clang -w --analyze "$IN/many.c" -o report; sha256sum <report""", shows="clang"),

    compiler("ld", "gcc ld", "gcc binutils", "echo 'int main(void) { return 0; }' >x.c; gcc -flto x.c -o x", r"""
        for n in 1 2 3 4 5 6; do
            sed "s/main(void)/part$n(void)/; s/\bf\([0-9]\)/f${n}_\1/g" "$IN/many.c" >part$n.c
            gcc -w -O1 -flto -c part$n.c & done; wait
        { seq 6 | sed 's/.*/int part&(void);/'
          echo 'int main(void) {'; seq 6 | sed 's/.*/part&();/'; echo 'return 0; }'; } >main.c
        gcc -O1 -flto=2 -w main.c part?.o -o whole -Wl,--build-id=none
        ./whole | sha256sum; nm whole | wc -l
        ld -r -o joined.o part?.o; nm joined.o | wc -l""", shows="gcc ld lto1"),

    compiler("make", "make", "make", "make --version", """
        make -s -j2 -f "$IN/Makefile" | sha256sum
        make -s -n -B -f "$IN/Makefile" | sort | sha256sum""", quick=True),

    compiler("cmake", "cmake ninja ctest gcc", "cmake ninja-build gcc",
             "cmake --version; ninja --version; ctest --version", r"""
        mkdir source
        for n in $(seq $((20 * MANY))); do
            echo "int part$((n - 1))(int);
                  int part$n(int x) { return x * $n + (x ? part$((n - 1))(x - 1) : 0); }" >source/part$n.c
        done
        echo 'int part0(int x) { return x; }' >source/part0.c
        cat >source/main.c <<'END'
            #include <stdio.h>
            int LAST(int);
            int main(void) { printf("%d\n", LAST(40)); return 0; }
END
        cat >source/CMakeLists.txt <<END
            cmake_minimum_required(VERSION 3.13)
            project(work C)
            file(GLOB parts part*.c)
            add_library(parts STATIC \${parts})
            add_executable(work main.c)
            target_compile_definitions(work PRIVATE LAST=part$((20 * MANY)))
            target_link_libraries(work parts)
            set(list)
            foreach(i RANGE 5000)
                list(APPEND list "word\${i}")
            endforeach()
            string(REGEX REPLACE "[0-9]+" "#" changed "\${list}")
            string(SHA256 digest "\${list}\${changed}")
            file(WRITE \${CMAKE_BINARY_DIR}/digest \${digest})
            enable_testing()
            foreach(i RANGE 10)
                add_test(NAME run\${i} COMMAND work)
            endforeach()
END
        cmake -S source -B built -G Ninja >log
        ninja -C built -j2 | tail -1 | cut -c1-8
        built/work; cat built/digest; echo
        (cd built; ctest -j2 | grep 'tests passed'; ninja | tail -1)""", shows="cmake ninja ctest"),

    compiler("cargo", "cargo rustc", "cargo rustc", "HOME=$USER_HOME; cargo --version; rustc --version", r"""
        HOME=$USER_HOME
        mkdir -p crate/src; cd crate
        printf '[package]\nname = "work"\nversion = "0.1.0"\nedition = "2021"\n' >Cargo.toml
        cat >src/main.rs <<'END'
use std::collections::{BTreeMap, HashMap};

macro_rules! parts { ($($name:ident),*) => { $(
    mod $name {
        use std::collections::BTreeMap;
        pub fn work(n: u64) -> BTreeMap<String, Vec<u64>> {
            let mut map: BTreeMap<String, Vec<u64>> = BTreeMap::new();
            for i in 0..n { map.entry(format!("{}{}", stringify!($name), i * 7919 % 997)).or_default().push(i); }
            map.retain(|name, list| name.len() > 2 && list.len() > 1);
            map
        }
    }
)* fn all(n: u64) -> Vec<BTreeMap<String, Vec<u64>>> { vec![$($name::work(n)),*] } } }
parts!(a, b, c, d, e, f, g, h);

fn main() {
    let threads: Vec<_> = (1..6).map(|n| std::thread::spawn(move || all(n * 3000))).collect();
    let maps: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let index: HashMap<String, usize> = maps.iter().flatten().map(|(name, list)| (name.clone(), list.len())).collect();
    let sum: u64 = maps.iter().flatten().map(|(_, list)| list.iter().sum::<u64>()).sum();
    println!("{} {} {sum}", maps.len(), index.len());
}
END
        cargo build --release --offline -q
        target/release/work
        touch src/main.rs; cargo check --offline -q; cargo metadata --offline --format-version 1 --no-deps | wc -l""",
             shows="cargo", own="rustc"),
)
