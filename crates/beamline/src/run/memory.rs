//! How much memory this process may take.

use std::fs::read_to_string;

/// Bytes that this process is granted: what its control group allows (version 2, or 1), and at most what the machine has. None
/// where neither can be read.
///
/// ```
/// // A quarter of it is what a server takes for keys and values.
/// let quarter = beamline::granted_memory().map_or(2 << 30, |granted| granted / 4);
/// assert!(quarter > 0);
/// ```
pub fn granted_memory() -> Option<usize> {
    let machine = read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
    let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .into_iter()
        .find_map(|path| read_to_string(path).ok()?.trim().parse::<usize>().ok());
    match (machine, group) {
        (Some(machine), Some(group)) => Some(machine.min(group)),
        (machine, group) => machine.or(group),
    }
}

/// The machine's memory, of `/proc/meminfo`.
fn total(text: &str) -> Option<usize> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_memory_is_read() {
        assert_eq!(total("MemFree: 1 kB\nMemTotal:       24612345 kB\n"), Some(24_612_345 * 1024));
        assert_eq!(total("MemTotal: many\n"), None);
        assert_eq!(total(""), None);
    }
}
