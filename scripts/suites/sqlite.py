"""SQLite's own suite, a test for each of its files: those on memory and its failures, and a broad choice of the rest.

The number of cases is not the same on two allocators: files that let each allocation fail in turn have a case for
each allocation, and how many those are depends on what malloc_usable_size says a buffer can still take."""

from .suite import Suite, Test, by_lines

# Patterns of files. The whole suite takes an hour; these exercise parser, planner, b-tree, pager, journals, virtual
# tables and, file by file, what happens when an allocation fails at each place in turn.
CHOICE = """malloc[3-9A-M] mallocK memdb* memjournal* memsubsys* mem5 softheap1 pcache* cache zeroblob
    select? selectA selectB join* where? whereA insert* update* delete* trans* savepoint* wal2 walcrash? fts3*rank
    fts3aa fts3ab fts3query fts4* fts3snippet json1* window1 window2 with1 with2 trigger? triggerA view expr
    func* date like* substr printf* quote types* collate* alter* analyze* autovacuum backup? blob btree0* bigrow
    vacuum* rtree* index* indexedby capi* bind* in* boundary? cast check conflict* corrupt? corrupt[A-E] cse
    e_select e_insert e_expr e_createtable e_fkey enc* fkey* hexlit hook* incrblob* interrupt limit loadext*
    misc? nan notnull null pager* pragma* rowid rowvalue* schema* shared? sort? stmt subquery* table tempdb tempfault
    thread? trace* unique upsert* utf16 without_rowid* zerodamage io ioerr? malloc"""

# Each of these alone takes as long as fifty others.
SLOW = """corruptC fts4growth2 fts4merge fts4merge4 fts4merge5 memjournal2 pagerfault pagerfault2 rtree savepoint4
    savepoint6 sort2 sort3 sort4 tempfault trans2 vacuum6 vacuummem walcrash3""".split()

LEFT_OUT = {
    ", ".join(SLOW): "take minutes",
    "veryquick, quick, full, all, permutations, memleak, soak": "lists of the other files",
    "the rest of test/": "the same parts at more length; the whole suite takes an hour",
}
READ = by_lines(r" Ok$|\.\.\. Ok", r"^! (\S+) (?:expected|got)")


def build(shop, tree):
    shop.run("sh", "./configure", "--enable-debug", "--with-tcl=/usr/lib/tcl8.6", "--disable-readline",
             cwd=tree, CFLAGS="-O1 -g -DSQLITE_ENABLE_FTS3=1 -DSQLITE_ENABLE_FTS4=1 -DSQLITE_ENABLE_RTREE=1")
    shop.run("make", "-j2", "testfixture", cwd=tree)


def tests(tree):
    folder = tree / "test"
    chosen = sorted({path for pattern in CHOICE.split() for path in folder.glob(f"{pattern}.test")})
    return [Test(path.stem, (tree / "testfixture", path), seconds=300, read=READ) for path in chosen
            if path.stem not in SLOW]


SUITE = Suite("sqlite", "sqlite3", ("gcc", "make", "tclsh", "/usr/lib/tcl8.6/tclConfig.sh"),
              ("gcc", "make", "tcl", "tcl-dev"), build, tests, lambda tree: [tree / "testfixture"], LEFT_OUT)
