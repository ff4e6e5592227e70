//! Threads and their heaps: start of the process, attach, exit, claim.
//!
//! A thread starts without a heap and is served by the central one; when it has allocated a while
//! it earns a heap of its own. The first thread gets one at once, and so does each that begins where
//! threads come and go, while there are few heaps.
//!
//! How a thread's end is noticed: each heap has a robust mutex, which its thread locks when it gets
//! the heap and never unlocks. The kernel marks the mutex when the thread is gone for good, after
//! its last destructor. So a heap works until its thread's last instruction, no pthread key is
//! needed, and nothing leaks however late a thread allocates. The next thread that needs a heap or frees a
//! block of this one, or the next one short of memory, finds the mark and claims the heap with everything in it.

mod recent;
mod turnover;

use crate::heap::{self, Heap, roll};
use crate::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use crate::{arena, central, config, fork, magazine, sys, tls};
use core::ptr;
use recent::RECENT;
use turnover::TURNOVER;

/// Heaps that an attaching thread looks at before it opens a new one.
const LOOK_AT: usize = 32;
/// A thread without a heap tries to inherit one with each of its calls of such a number, if it is a free. A prime,
/// since programs take and free by turns.
const INHERIT_EVERY: usize = 7;
/// And one of any thread that is gone after so many, then as often as a heap would be due.
const LOOK_EARLY: usize = 64;
/// More heaps than this, and than this for each processor, are a crowd.
const CROWD: usize = 32;
const CROWD_PER_PROCESSOR: usize = 16;
/// In the slot's second word: the thread is getting a heap and must not try again.
const ATTACHING: usize = 1 << 40;
/// In the slot's second word: how many calls of the thread, frees among them, the central heap has served.
const COUNT: usize = (1 << 32) - 1;

static STATE: AtomicU32 = AtomicU32::new(CLOSED);
const CLOSED: u32 = 0;
const STARTING: u32 = 1;
const STARTED: u32 = 2;

/// Where the next search for a heap without a thread goes on.
static CURSOR: AtomicPtr<Heap> = AtomicPtr::new(ptr::null_mut());
/// On how many processors the process may run, once somebody has asked.
static PROCESSORS: AtomicUsize = AtomicUsize::new(0);
static HAS_FIRST: AtomicBool = AtomicBool::new(false);

/// Starts the allocator in this process, once. False when there is no memory for that.
#[cold]
pub(crate) fn start() -> bool {
    loop {
        match STATE.compare_exchange(CLOSED, STARTING, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => break,
            Err(STARTED) => return true,
            // Another thread is at it: a process has none before its first allocation, or nearly.
            Err(_) => sys::futex_wait((&raw const STATE).cast(), STARTING),
        }
    }
    // SAFETY: the state admits one thread here, and nothing else runs before it is done.
    let started = unsafe { arena::start() };
    if started && !config::is_loaded() {
        config::load();
    }
    STATE.store(if started { STARTED } else { CLOSED }, Ordering::Release);
    sys::futex_wake_all((&raw const STATE).cast());
    if started {
        // May allocate: served from the central heap.
        tls::set_word(tls::word() | ATTACHING);
        fork::expect(enter_child);
        tls::set_word(tls::word() & !ATTACHING);
    }
    started
}

/// Whether the allocator works in this process.
#[inline]
pub(crate) fn is_started() -> bool {
    STATE.load(Ordering::Acquire) == STARTED
}

/// The thread's heap, if it has one.
#[inline]
pub(crate) fn heap() -> Option<&'static Heap> {
    let slot = tls::heap();
    (slot != magazine::no_heap()).then(|| Heap::at(slot))
}

/// The thread's heap; one for a thread that has earned it. None: the central heap serves it.
#[inline(always)]
pub(crate) fn heap_or_attach() -> Option<&'static Heap> {
    heap().or_else(|| heap_or_inherit(None))
}

/// A heap for a thread that has none, if it has earned one; it may be freeing a block of `holder`. If that heap's thread
/// is gone, this one goes on with its work, it seems: the heap is worth more to it than any other, and whatever else it
/// has left to free is its own then.
#[inline(never)]
pub(crate) fn heap_or_inherit(holder: Option<&'static Heap>) -> Option<&'static Heap> {
    let word = tls::word();
    if word & ATTACHING != 0 {
        return None;
    }
    let is_first = !HAS_FIRST.load(Ordering::Relaxed) && !HAS_FIRST.swap(true, Ordering::Relaxed);
    if !is_first {
        fork::watch();
    }
    let count = if is_first { usize::MAX } else { word & COUNT };
    tls::set_word(word + 1);
    let is_time = count.is_multiple_of(INHERIT_EVERY);
    let holder = holder.filter(|holder| is_time && !holder.is_central());
    // A heap whose thread is dead costs nothing more: now and then the thread looks for one.
    let share = config::share() as usize;
    let looks = count == LOOK_EARLY || count >= share && count.is_multiple_of(share.max(64));
    let pays = count >= price(heap_count());
    if holder.is_some() || looks || pays {
        attach(holder, looks || pays, count)
    } else if count == 0 {
        begin()
    } else {
        None
    }
}

/// A heap for a thread that has just begun, where threads come and go: that of one that is gone, or a new one, while there
/// are so few that none makes the next one cost more. Who begins with a block of another thread's does not come here: it may
/// go on with that one's work, and waits for its heap.
#[cold]
#[inline(never)]
fn begin() -> Option<&'static Heap> {
    if !TURNOVER.note(tls::address()) || heap_count() >= roll::HEAPS_PER_STEP {
        return None;
    }
    // As much as the first few cost: `create` counts anew, since many may begin at once.
    attach(None, true, config::share() as usize)
}

/// Notes that the calling thread is at work, for one that may never allocate a small block: it
/// counts, and forks are watched for if it is not the first.
pub(crate) fn note() {
    heap_or_attach();
}

/// The same for one that only looks, or gives back: others may fork while it holds a lock.
pub(crate) fn note_look() {
    if heap().is_none() && is_started() {
        fork::watch();
    }
}

/// How many calls a thread makes before a heap is made for it when there are `heaps`. A heap costs
/// memory in each class that its thread uses, so the more there are, the more a thread must have to
/// do to get one.
fn price(heaps: usize) -> usize {
    config::share() as usize * (1 + heaps / roll::HEAPS_PER_STEP)
}

/// Gets the thread a heap: that of `holder` if its thread is gone, or else, if `any`, another such, or a new one
/// if `paid` calls are enough for that.
#[cold]
#[inline(never)]
fn attach(holder: Option<&'static Heap>, any: bool, paid: usize) -> Option<&'static Heap> {
    // A pthread function that another library interposes may allocate.
    tls::set_word(tls::word() | ATTACHING);
    let other = || any.then(|| find().or_else(|| create(paid))).flatten();
    let heap = holder.and_then(inherit).or_else(other);
    if let Some(heap) = heap {
        RECENT.note(heap);
        tls::set_heap(heap.address());
    }
    // Last: a signal handler that allocates before is to get no other one.
    tls::set_word(tls::word() & !ATTACHING);
    let heap = heap?;
    // A signal handler may have forked meanwhile, and this be the child, where nobody knew whose heap
    // this is.
    if heap.owner.is_old() {
        enter_child();
    }
    self::heap()
}

/// All heaps of threads, alive or not.
pub(crate) fn heaps() -> impl Iterator<Item = &'static Heap> {
    roll::THREADS.all()
}

/// A heap whose thread is gone, claimed.
fn find() -> Option<&'static Heap> {
    if let Some(heap) = RECENT.newest_first().find_map(inherit) {
        return Some(heap);
    }
    let rest = roll::THREADS.from(CURSOR.load(Ordering::Relaxed));
    // From where the last search ended, so that some searches together pass all of them;
    for heap in rest.take(LOOK_AT) {
        CURSOR.store(heap.next.load(Ordering::Acquire), Ordering::Relaxed);
        if let Some(heap) = inherit(heap) {
            return Some(heap);
        }
    }
    // and from the newest, since the others may be few.
    heaps().take(LOOK_AT).find_map(inherit)
}

/// A heap for the calling thread to go on with, if its thread is gone.
#[inline(never)]
fn inherit(heap: &'static Heap) -> Option<&'static Heap> {
    (heap.owner.seems_gone() && heap.claim()).then_some(heap)
}

/// A new heap, if `paid` calls are enough for it.
fn create(paid: usize) -> Option<&'static Heap> {
    // Counted first: many threads may come here at once, and making a heap takes a while.
    if paid < price(roll::COUNT.fetch_add(1, Ordering::Relaxed)) {
        roll::COUNT.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    let Some(heap) = Heap::open(false) else {
        roll::COUNT.fetch_sub(1, Ordering::Relaxed);
        // The count starts again, though not as that of a thread that has just begun: another try comes, but not at once.
        tls::set_word(tls::word() & !COUNT | 1);
        return None;
    };
    heap.allow_growth();
    heap.owner.open();
    roll::THREADS.enter(heap);
    Some(heap)
}

/// Called in the child of a fork by its first thread.
fn enter_child() {
    arena::begin_as_child();
    if let Some(heap) = heap() {
        // A handler that ran before ours may have got it in this generation.
        if heap.owner.is_old() {
            heap.owner.renew();
        }
        leave_lost();
    }
}

/// Leaves the thread's heap if another thread held its lock at a fork, to trim or to put a block back: it can
/// hand out nothing any more. What it was doing for this thread it may finish.
pub(crate) fn leave_lost() {
    if let Some(heap) = heap().filter(|heap| heap.lock().is_none()) {
        heap.let_go();
        tls::set_heap(magazine::no_heap());
    }
}

/// Takes in the heaps of dead threads: their free memory becomes free, their slabs go to the
/// central heap, and they wait for new threads.
pub(crate) fn reclaim() {
    let mine = heap().map_or(ptr::null(), ptr::from_ref);
    for heap in heaps().filter(|heap| !ptr::eq(*heap, mine)) {
        if heap.claim() {
            // SAFETY: the heap's thread is dead, and we claimed it.
            unsafe {
                heap.put_away();
                heap.purge();
                central::take_over(heap);
                heap.owner.let_go();
            }
        }
    }
}

/// Gives back what no live block pins, of all heaps. Returns the bytes of pages inside slabs.
pub(crate) fn purge() -> usize {
    note_look();
    if let Some(heap) = heap() {
        // SAFETY: the heap is this thread's.
        unsafe { heap.put_away() };
    }
    reclaim();
    // What is on its way comes first: slabs may have moved since, so a crate brings blocks of any heap.
    for heap in heaps().chain(central::heaps()) {
        heap.collect(false);
    }
    let mut bytes = 0;
    for heap in heaps().chain(central::heaps()) {
        bytes += heap.purge();
    }
    // What has come may have left a crate.
    heap::drop_spares();
    bytes
}

/// Whether there are so many heaps that they should share the slabs of large classes, since each would
/// keep some blocks of its own. On many processors as many more may be at work at a time, so a lock is
/// worth avoiding for longer.
pub(crate) fn is_crowded() -> bool {
    let heaps = heap_count();
    if heaps <= CROWD {
        return false;
    }
    let mut processors = PROCESSORS.load(Ordering::Relaxed);
    if processors == 0 {
        processors = sys::processors();
        PROCESSORS.store(processors, Ordering::Relaxed);
    }
    heaps > processors * CROWD_PER_PROCESSOR
}

/// How many heaps there are for threads.
pub(crate) fn heap_count() -> usize {
    roll::COUNT.load(Ordering::Relaxed)
}
