//! Where the memory is, in words, as JSON and as XML.
//!
//! A report is made from one [`Snapshot`], which is plain data: nothing here allocates, takes a
//! lock or counts anything a second time.
//!
//! The heap is what the program holds (live blocks), what is kept for reuse (free blocks that
//! threads keep and that are in slabs, free spans that are still resident) and the metadata. Shares
//! are shares of that sum, so that they add up to 100 %.

// Some of this serves the C functions alone.
#![cfg_attr(any(test, not(feature = "capi")), allow(dead_code))]

use crate::{
    stats::{ClassStats, Snapshot},
    sys,
    text::{Chunks, Sink, Word},
};
use core::fmt::{self, Display, Write};

/// How many size classes the text lists, those with the most bytes.
const LISTED: usize = 16;

/// Prints the text to stderr.
pub fn print(snapshot: &Snapshot) {
    let mut out = Chunks::<512>::new(Sink::Function(sys::write_stderr));
    // stderr takes what it takes: there is nowhere else to say that it failed.
    let _ = write_text(snapshot, &mut out);
    out.flush();
}

/// Writes the explanation for people.
pub fn write_text(snapshot: &Snapshot, out: &mut dyn Write) -> fmt::Result {
    let s = snapshot;
    let heap = heap_bytes(s);
    let small = small_bytes(s);
    let small_blocks = s.live_blocks.saturating_sub(s.large_blocks).saturating_sub(s.huge_blocks);

    let title = concat!("pigalloc ", env!("CARGO_PKG_VERSION"), ": where the memory is\n\n");
    out.write_str(title)?;
    row(out, "the heap", Bytes(heap), format_args!("100 %, the sum of what follows"))?;
    row(
        out,
        "  live",
        Bytes(s.live_bytes),
        format_args!(
            "{}, {} that the program holds",
            Share(s.live_bytes, heap),
            Blocks(s.live_blocks)
        ),
    )?;
    row(out, "    small", Bytes(small), format_args!("{} in slabs", Blocks(small_blocks)))?;
    row(
        out,
        "    large",
        Bytes(s.large_bytes),
        format_args!("{} in spans of their own", Blocks(s.large_blocks)),
    )?;
    row(
        out,
        "    huge",
        Bytes(s.huge_bytes),
        format_args!("{} in mappings of their own", Blocks(s.huge_blocks)),
    )?;
    row(
        out,
        "  free, kept for reuse",
        Bytes(free_bytes(s)),
        format_args!("{}, the external fragmentation", Share(free_bytes(s), heap)),
    )?;
    row(out, "    in magazines", Bytes(s.cached_bytes), format_args!("free blocks of threads"))?;
    row(out, "    in slabs", Bytes(s.slab_free_bytes), format_args!("gaps between live blocks"))?;
    row(
        out,
        "    in free spans",
        Bytes(s.dirty_bytes),
        format_args!("resident, first to go back"),
    )?;
    row(
        out,
        "  metadata",
        Bytes(s.metadata_bytes),
        format_args!("{}, pigalloc's own records", Share(s.metadata_bytes, heap)),
    )?;
    writeln!(out)?;
    row(
        out,
        "rounding to a class",
        Permille(s.class_waste_permille),
        format_args!("of the live bytes in slabs at most, the internal fragmentation"),
    )?;
    row(
        out,
        "given back",
        Bytes(s.purged_bytes),
        format_args!("of free spans, to the system since the start"),
    )?;
    row(out, "address space", Bytes(s.reserved_bytes), format_args!("of the arenas"))?;
    row(out, "committed", Bytes(s.committed_bytes), format_args!("of that, ready for use"))?;
    row(
        out,
        "own mappings",
        Bytes(s.mapped_huge_bytes),
        format_args!("beside it, of huge blocks"),
    )?;
    row(out, "heaps", s.heaps, format_args!("of threads, {} of them idle", s.heaps_idle))?;
    write_classes(s, out)
}

/// One line: what, how much, and what that means.
fn row(
    out: &mut dyn Write,
    name: &str,
    amount: impl Display,
    meaning: fmt::Arguments<'_>,
) -> fmt::Result {
    writeln!(out, "{:<22}{amount:>12}  {meaning}", Word(name))
}

/// Writes the size classes in use, those with the most bytes first.
fn write_classes(snapshot: &Snapshot, out: &mut dyn Write) -> fmt::Result {
    let mut largest = [ClassStats { size: 0, live: 0, free: 0 }; LISTED];
    let mut used = 0_usize;
    for class in snapshot.classes.iter().filter(|class| class.live + class.free > 0) {
        used += 1;
        let mut next = *class;
        for place in &mut largest {
            if held_bytes(&next) > held_bytes(place) {
                core::mem::swap(place, &mut next);
            }
        }
    }
    if used == 0 {
        return Ok(());
    }
    writeln!(out)?;
    writeln!(out, "size class       live       free      live bytes  free bytes")?;
    for class in largest.iter().take(used) {
        let ClassStats { size, live, free } = *class;
        writeln!(
            out,
            "{size:>10} {live:>10} {free:>10} {:>15} {:>11}",
            Bytes(live.saturating_mul(size)),
            Bytes(free.saturating_mul(size)),
        )?;
    }
    match used.saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(out, "and {more} more classes with fewer bytes"),
    }
}

/// Writes one JSON object: all counts of the snapshot, sizes in bytes, and the classes in use.
pub fn write_json(snapshot: &Snapshot, out: &mut dyn Write) -> fmt::Result {
    let s = snapshot;
    out.write_str(concat!("{\"version\":\"", env!("CARGO_PKG_VERSION"), "\""))?;
    for (name, value) in [
        ("heap_bytes", heap_bytes(s)),
        ("live_bytes", s.live_bytes),
        ("live_blocks", s.live_blocks),
        ("large_bytes", s.large_bytes),
        ("large_blocks", s.large_blocks),
        ("huge_bytes", s.huge_bytes),
        ("huge_blocks", s.huge_blocks),
        ("cached_bytes", s.cached_bytes),
        ("slab_free_bytes", s.slab_free_bytes),
        ("dirty_bytes", s.dirty_bytes),
        ("metadata_bytes", s.metadata_bytes),
        ("reserved_bytes", s.reserved_bytes),
        ("committed_bytes", s.committed_bytes),
        ("mapped_huge_bytes", s.mapped_huge_bytes),
        ("purged_bytes", s.purged_bytes),
        ("heaps", s.heaps),
        ("heaps_idle", s.heaps_idle),
        ("class_waste_permille", s.class_waste_permille),
    ] {
        write!(out, ",\"{}\":{value}", Word(name))?;
    }
    out.write_str(",\"classes\":[")?;
    let mut between = "";
    for class in snapshot.classes.iter().filter(|class| class.live + class.free > 0) {
        let ClassStats { size, live, free } = class;
        out.write_str(between)?;
        write!(out, "{{\"size\":{size},\"live\":{live},\"free\":{free}}}")?;
        between = ",";
    }
    out.write_str("]}")
}

/// Writes what malloc_info prints: glibc's elements, with pigalloc's figures in them. All of
/// pigalloc is one heap there; nothing is in fast bins, and `rest` is all that is free.
pub fn write_xml(snapshot: &Snapshot, out: &mut dyn Write) -> fmt::Result {
    let s = snapshot;
    out.write_str("<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n")?;
    for ClassStats { size, free, .. } in s.classes.iter().filter(|class| class.free > 0) {
        let total = free.saturating_mul(*size);
        writeln!(
            out,
            "  <size from=\"{size}\" to=\"{size}\" total=\"{total}\" count=\"{free}\"/>"
        )?;
    }
    out.write_str("</sizes>\n")?;
    write_xml_totals(s, out)?;
    write_xml_system(s, out)?;
    out.write_str("</heap>\n")?;
    write_xml_totals(s, out)?;
    writeln!(out, "<total type=\"mmap\" count=\"{}\" size=\"{}\"/>", s.huge_blocks, s.huge_bytes)?;
    write_xml_system(s, out)?;
    out.write_str("</malloc>\n")
}

/// Writes the totals of free memory.
fn write_xml_totals(snapshot: &Snapshot, out: &mut dyn Write) -> fmt::Result {
    out.write_str("<total type=\"fast\" count=\"0\" size=\"0\"/>\n")?;
    writeln!(
        out,
        "<total type=\"rest\" count=\"{}\" size=\"{}\"/>",
        free_blocks(snapshot),
        free_bytes(snapshot)
    )
}

/// Writes what was taken from the system.
fn write_xml_system(snapshot: &Snapshot, out: &mut dyn Write) -> fmt::Result {
    let Snapshot { committed_bytes, reserved_bytes, .. } = snapshot;
    writeln!(out, "<system type=\"current\" size=\"{committed_bytes}\"/>")?;
    writeln!(out, "<aspace type=\"total\" size=\"{reserved_bytes}\"/>")?;
    writeln!(out, "<aspace type=\"mprotect\" size=\"{committed_bytes}\"/>")
}

/// Bytes of the blocks of size classes that the program holds.
pub fn small_bytes(snapshot: &Snapshot) -> usize {
    snapshot.live_bytes.saturating_sub(snapshot.large_bytes).saturating_sub(snapshot.huge_bytes)
}

/// Bytes that are free and still resident.
pub fn free_bytes(snapshot: &Snapshot) -> usize {
    let Snapshot { cached_bytes, slab_free_bytes, dirty_bytes, .. } = *snapshot;
    cached_bytes.saturating_add(slab_free_bytes).saturating_add(dirty_bytes)
}

/// Free blocks, in slabs and in magazines.
pub fn free_blocks(snapshot: &Snapshot) -> usize {
    snapshot.classes.iter().fold(0, |sum, class| sum.saturating_add(class.free))
}

/// Bytes of live blocks, of free ones and of metadata together.
fn heap_bytes(snapshot: &Snapshot) -> usize {
    let Snapshot { live_bytes, metadata_bytes, .. } = *snapshot;
    live_bytes.saturating_add(free_bytes(snapshot)).saturating_add(metadata_bytes)
}

/// Bytes of all blocks of a class, live and free.
fn held_bytes(class: &ClassStats) -> usize {
    class.live.saturating_add(class.free).saturating_mul(class.size)
}

/// An amount of bytes, in the largest unit that it fills, with one decimal.
struct Bytes(usize);

impl Display for Bytes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
        let bytes = self.0;
        if bytes < 1024 {
            return padded(out, format_args!("{bytes} B"));
        }
        let mut whole = bytes;
        let mut rest = 0;
        let mut unit = "";
        for name in UNITS {
            if whole < 1024 {
                break;
            }
            (rest, whole, unit) = (whole % 1024, whole / 1024, name);
        }
        padded(out, format_args!("{whole}.{} {}", rest * 10 / 1024, Word(unit)))
    }
}

/// A number of blocks.
struct Blocks(usize);

impl Display for Blocks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} block", self.0)?;
        out.write_str(if self.0 == 1 { "" } else { "s" })
    }
}

/// The first as a share of the second, in percent with one decimal.
struct Share(usize, usize);

impl Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Address spaces end at 2^47 bytes here, far below where this would saturate.
        Permille(self.0.saturating_mul(1000) / self.1.max(1)).fmt(out)
    }
}

/// Tenths of a percent, in percent.
struct Permille(usize);

impl Display for Permille {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        padded(out, format_args!("{}.{} %", self.0 / 10, self.0 % 10))
    }
}

/// Writes a short text right-aligned in the width that the format asks for.
fn padded(out: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
    let mut line = crate::text::Line::<256>::new();
    line.write_fmt(text)?;
    let text = core::str::from_utf8(line.end()).unwrap_or_default();
    Word(text.trim_ascii_end()).fmt(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size_class;
    use std::{
        format,
        string::{String, ToString},
        vec::Vec,
    };

    /// A snapshot whose figures are all different.
    fn sample() -> Snapshot {
        let mut classes = [ClassStats { size: 0, live: 0, free: 0 }; size_class::COUNT];
        for (index, class) in classes.iter_mut().enumerate() {
            class.size = 16 * (index + 1);
        }
        for (index, class) in classes.iter_mut().take(20).enumerate() {
            (class.live, class.free) = (10 + index, index);
        }
        Snapshot {
            live_bytes: 7_000_000,
            live_blocks: 395,
            cached_bytes: 1_000_000,
            slab_free_bytes: 900_000,
            large_bytes: 2_000_000,
            large_blocks: 4,
            huge_bytes: 3_000_000,
            huge_blocks: 1,
            reserved_bytes: 1 << 36,
            committed_bytes: 9_000_000,
            dirty_bytes: 1_050_000,
            metadata_bytes: 50_000,
            purged_bytes: 123_456_789,
            heaps: 5,
            heaps_idle: 2,
            mapped_huge_bytes: 3_002_368,
            class_waste_permille: 125,
            classes,
        }
    }

    fn text_of(write: impl Fn(&Snapshot, &mut dyn Write) -> fmt::Result, s: &Snapshot) -> String {
        let mut text = String::new();
        write(s, &mut text).unwrap();
        text
    }

    #[test]
    fn bytes_have_units_and_one_decimal() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            ((1 << 20) - 1, "1023.9 KiB"),
            (1 << 20, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (1 << 47, "128.0 TiB"),
            (usize::MAX, "16383.9 PiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), shown);
        }
        assert_eq!(format!("[{:>9}]", Bytes(1536)), "[  1.5 KiB]");
        assert_eq!(format!("[{:>9}]", Permille(1000)), "[  100.0 %]");
        assert_eq!(Share(1, 3).to_string(), "33.3 %");
        assert_eq!(Share(0, 0).to_string(), "0.0 %");
    }

    #[test]
    fn text_says_where_the_memory_is() {
        let text = text_of(write_text, &sample());
        for (name, amount) in [
            ("the heap", "9.5 MiB"),
            ("live", "6.6 MiB  70.0 %, 395 blocks"),
            ("small", "1.9 MiB  390 blocks"),
            ("large", "1.9 MiB  4 blocks"),
            ("huge", "2.8 MiB  1 block in"),
            ("free, kept for reuse", "2.8 MiB  29.5 %"),
            ("in magazines", "976.5 KiB"),
            ("in slabs", "878.9 KiB"),
            ("in free spans", "1.0 MiB"),
            ("metadata", "48.8 KiB  0.5 %"),
            ("rounding to a class", "12.5 %"),
            ("given back", "117.7 MiB"),
            ("address space", "64.0 GiB"),
            ("committed", "8.5 MiB"),
            ("own mappings", "2.8 MiB"),
            ("heaps", "5  of threads, 2 of them idle"),
        ] {
            let found = text.lines().any(|line| {
                line.trim_start()
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.trim_start().starts_with(amount))
            });
            assert!(found, "{name} is not {amount} in\n{text}");
        }
    }

    #[test]
    fn text_lists_the_classes_with_most_bytes() {
        let mut sample = sample();
        let listed = |s: &Snapshot| -> Vec<usize> {
            let text = text_of(write_text, s);
            let table = text.lines().skip_while(|line| !line.starts_with("size class")).skip(1);
            table.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect()
        };
        let largest: Vec<usize> = (4..20).rev().map(|index| 16 * (index + 1)).collect();
        assert_eq!(listed(&sample), largest);
        assert!(text_of(write_text, &sample).ends_with("and 4 more classes with fewer bytes\n"));

        for class in &mut sample.classes {
            (class.live, class.free) = (0, 0);
        }
        assert!(!text_of(write_text, &sample).contains("size class"));
        sample.classes[3].free = 1;
        assert_eq!(listed(&sample), [64]);
    }

    #[test]
    fn text_fits_a_terminal() {
        let mut extreme = sample();
        extreme.live_bytes = usize::MAX;
        extreme.live_blocks = usize::MAX;
        extreme.classes[0].live = usize::MAX / 2;
        for sample in [sample(), extreme] {
            assert!(text_of(write_text, &sample).lines().all(|line| line.len() <= 100));
        }
    }

    #[test]
    fn json_nests_and_holds_every_figure() {
        let text = text_of(write_json, &sample());
        assert!(text.starts_with("{\"version\":\"") && text.ends_with("]}"));
        assert_eq!(text.matches('{').count(), 1 + 20);
        assert_eq!(text.matches('{').count(), text.matches('}').count());
        assert_eq!(text.matches('"').count() % 2, 0);
        assert!(!text.contains(",,") && !text.contains(",]") && !text.contains("[,"));
        for figure in [
            "\"heap_bytes\":10000000,",
            "\"live_bytes\":7000000,",
            "\"slab_free_bytes\":900000,",
            "\"mapped_huge_bytes\":3002368,",
            "\"class_waste_permille\":125,",
            "\"classes\":[{\"size\":16,\"live\":10,\"free\":0},{\"size\":32,",
        ] {
            assert!(text.contains(figure), "{figure} is not in {text}");
        }
    }

    #[test]
    fn xml_is_well_formed() {
        let text = text_of(write_xml, &sample());
        let mut open = Vec::new();
        for tag in text.split('<').skip(1) {
            let (tag, between) = tag.split_once('>').unwrap();
            assert_eq!(between.trim(), "");
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
                continue;
            }
            let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
            let mut words = tag.split(' ');
            let name = words.next().unwrap();
            for attribute in words {
                let (_, value) = attribute.split_once('=').unwrap();
                assert!(value.len() >= 2 && value.starts_with('"') && value.ends_with('"'));
            }
            if !empty {
                open.push(name);
            }
        }
        assert!(open.is_empty());
        assert!(text.starts_with("<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n"));
        assert!(text.contains("<size from=\"32\" to=\"32\" total=\"32\" count=\"1\"/>"));
        assert!(text.contains("<total type=\"rest\" count=\"190\" size=\"2950000\"/>"));
        assert!(text.contains("<total type=\"mmap\" count=\"1\" size=\"3000000\"/>"));
    }
}
