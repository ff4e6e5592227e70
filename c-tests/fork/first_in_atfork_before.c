/* The same in the constructor of a library that is preloaded before ours. */
/* preload-before: fork/registers.so */
#include "first_in_atfork.c"
