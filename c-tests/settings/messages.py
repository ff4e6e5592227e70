"""Settings of the environment: an unknown name or a bad value gets one clear line on stderr and the default, a
good one none; HELP prints the table, STATS a summary at the end."""
# needs: pigalloc
import os
import subprocess

library = os.environ["C_TEST_LIB"]


def stderr_of(settings):
    """What /bin/true says on stderr under the preload with these settings; it must end well."""
    ended = subprocess.run(["/bin/true"], env={"LD_PRELOAD": library} | settings, capture_output=True, text=True)
    assert ended.returncode == 0 and ended.stdout == "", (settings, ended)
    return ended.stderr


assert stderr_of({}) == ""
assert stderr_of({"PIGALLOC_FOO": "1"}) == "pigalloc: PIGALLOC_FOO: unknown setting, ignored\n"
assert stderr_of({"PIGALLOC_": "1"}) == "pigalloc: PIGALLOC_: unknown setting, ignored\n"
assert stderr_of({"PIGALLOC_STATSX": "1"}) == "pigalloc: PIGALLOC_STATSX: unknown setting, ignored\n"
for name, default, bad in (("STATS", "0", ("x", "2", "-1", "", "1 ")), ("HELP", "0", ("yes",)),
                           ("DECAY_MS", "500", ("3600001", "-1", "1s", "99999999999999999999", "0x10")),
                           ("DIRTY_MB", "32", ("1048577", "many")), ("HUGE", "auto", ("on", "AUTO", "autos", "")),
                           ("SHARE", "256", ("1000001", "1e3"))):
    for value in bad:
        expected = f"pigalloc: PIGALLOC_{name}: bad value '{value}', using {default}\n"
        said = stderr_of({f"PIGALLOC_{name}": value})
        assert said == expected, (said, expected)
for name, good in (("STATS", "0"), ("HELP", "0"), ("DECAY_MS", "0"), ("DECAY_MS", "3600000"), ("DIRTY_MB", "0"),
                   ("DIRTY_MB", "1048576"), ("HUGE", "auto"), ("HUGE", "never"), ("HUGE", "always"), ("SHARE", "0"),
                   ("SHARE", "1000000")):
    said = stderr_of({f"PIGALLOC_{name}": good})
    assert said == "", (name, good, said)

two = stderr_of({"PIGALLOC_FOO": "1", "PIGALLOC_SHARE": "no"}).splitlines()
assert sorted(two) == ["pigalloc: PIGALLOC_FOO: unknown setting, ignored",
                       "pigalloc: PIGALLOC_SHARE: bad value 'no', using 256"], two
table = stderr_of({"PIGALLOC_HELP": "1"})
for name in ("STATS", "HELP", "DECAY_MS", "DIRTY_MB", "HUGE", "SHARE"):
    assert name in table, (name, table)
assert len(stderr_of({"PIGALLOC_STATS": "1"}).splitlines()) >= 3
