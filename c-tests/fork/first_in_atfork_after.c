/* The same in the constructor of a library that is preloaded after ours. */
/* preload-after: fork/registers.so */
#include "first_in_atfork.c"
