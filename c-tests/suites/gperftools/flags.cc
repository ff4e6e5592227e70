// The flag that gperftools' logging reads.
#include "base/commandlineflags.h"

DEFINE_int32(verbose, 0, "");
