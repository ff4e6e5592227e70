"""The kinds of misuse, and the programs of c-tests/misuse that commit them."""

from typing import NamedTuple


class Variant(NamedTuple):
    program: str  # its source is c-tests/misuse/PROGRAM.c
    title: str


# Left out are programs that know how pigalloc lays out its memory, and those that are about the message.
GROUPS = (
    ("Double free", (
        Variant("double_free_at_once", "at once"),
        Variant("double_free_later", "after others of its size"),
        Variant("double_free_live_others", "among live ones, after other sizes"),
        Variant("double_free_calloc", "of calloc's"),
        Variant("double_free_aligned", "of memalign's"),
        Variant("double_free_moved", "of what realloc moved"),
        Variant("double_free_realloc_zero", "of what realloc(p, 0) freed"),
        Variant("double_free_sized", "by free_sized"),
        Variant("double_free_after_trim", "after malloc_trim"),
        Variant("double_free_written", "after the block was written"),
        Variant("double_free_written_large", "the same, large"),
        Variant("double_free_other_thread", "second by another thread"),
        Variant("double_free_by_other_first", "first by another thread"),
        Variant("double_free_by_other_twice", "both by another thread"),
        Variant("double_free_by_two_others", "by two other threads"),
        Variant("double_free_dead_owner", "its thread has ended"),
        Variant("double_free_slab_moved", "on its way when its thread ends"),
        Variant("double_free_small_stack", "on the smallest stack"),
        Variant("double_free_child", "both in a forked child"),
        Variant("double_free_across_fork", "before and after a fork"),
    )),
    ("Free of a pointer that is none", (
        Variant("inside_free", "inside a block"),
        Variant("inside_aligned", "inside one of memalign's"),
        Variant("inside_other_thread", "inside, by another thread"),
        Variant("inside_freed", "inside a freed block"),
        Variant("unmapped_huge", "inside a freed block of 300 MiB"),
        Variant("end_of_block", "end of a block, a free one behind"),
        Variant("end_of_last", "end of the last block"),
        Variant("end_of_large", "end of a large block"),
        Variant("not_ours_free", "stack, data, code, wild"),
        Variant("not_ours_first", "the same as the first call"),
    )),
    ("realloc", (
        Variant("realloc_freed", "of a freed block"),
        Variant("use_by_other_of_freed", "of one that another thread freed"),
        Variant("inside_realloc", "inside a block"),
        Variant("not_ours_realloc", "stack, data, code, wild"),
    )),
    ("malloc_usable_size", (
        Variant("usable_size_freed", "of a freed block"),
        Variant("inside_malloc_usable_size", "inside a block"),
        Variant("not_ours_malloc_usable_size", "stack, data, code, wild"),
    )),
    ("Writes to free memory, then 40,000 allocations", (
        Variant("local_overwritten", "own freed blocks overwritten"),
        Variant("overflow_into_free", "overflow into free neighbours"),
        Variant("remote_link_overwritten", "blocks that another thread freed"),
        Variant("remote_link_copied", "the same, a link copied"),
        Variant("remote_link_to_live", "the same, a live block's address"),
    )),
    ("Sized free", (
        Variant("wrong_size", "with a wrong size"),
    )),
)


def variants():
    return [variant for _, members in GROUPS for variant in members]
