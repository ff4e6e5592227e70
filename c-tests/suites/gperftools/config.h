/* What gperftools' configure would say of a Linux with glibc, as far as its tests of the standard interface ask. */
#ifndef SUITES_GPERFTOOLS_CONFIG_H
#define SUITES_GPERFTOOLS_CONFIG_H
#define HAVE_INTTYPES_H 1
#define HAVE_MALLOC_H 1
#define HAVE_MEMALIGN 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_PTHREAD 1
#define HAVE_STDINT_H 1
#define HAVE_SYS_RESOURCE_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H 1
#define HAVE___ATTRIBUTE__ 1
#define PERFTOOLS_DLL_DECL
#endif
