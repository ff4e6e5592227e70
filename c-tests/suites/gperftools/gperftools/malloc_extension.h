/* gperftools' questions to its allocator, answered by glibc's statistics or not at all. */
#ifndef SUITES_MALLOC_EXTENSION_H
#define SUITES_MALLOC_EXTENSION_H

#include <malloc.h>
#include <string.h>

class MallocExtension {
  public:
    static MallocExtension *instance()
    {
        static MallocExtension one;
        return &one;
    }
    /* Only the size of the heap has a counterpart. */
    bool GetNumericProperty(const char *name, size_t *value)
    {
        if (strcmp(name, "generic.heap_size") != 0)
            return false;
        struct mallinfo2 info = mallinfo2();
        *value = info.arena + info.hblkhd;
        return true;
    }
    void GetStats(char *text, int length)
    {
        if (length > 0)
            text[0] = 0;
    }
};

#endif
