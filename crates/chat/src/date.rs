//! The day that a template may write into a prompt.

use crate::ChatError;
use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A day. Templates that write the date of the conversation get this one: what is rendered must not depend on the clock.
///
/// ```
/// use beamline_chat::Date;
/// let day: Date = "2026-11-30".parse()?;
/// assert_eq!(day.to_string(), "2026-11-30");
/// assert_eq!(day.format("%d %B %Y, %A")?, "30 November 2026, Monday");
/// assert!("2026-02-29".parse::<Date>().is_err());
/// # Ok::<(), beamline_chat::ChatError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// The day so many days after 1970-01-01.
    ///
    /// ```
    /// assert_eq!(beamline_chat::Date::since_1970(20_787).to_string(), "2026-11-30");
    /// ```
    pub fn since_1970(days: u64) -> Self {
        let (mut year, mut month, mut left) = (1970, 1, days.min(2_932_896));
        let length = |year| if is_leap(year) { 366 } else { 365 };
        while left >= length(year) {
            left -= length(year);
            year += 1;
        }
        while left >= u64::from(days_of(year, month)) {
            left -= u64::from(days_of(year, month));
            month += 1;
        }
        Self { year, month, day: left as u8 + 1 }
    }

    /// The day that it is, in UTC, by this machine's clock.
    ///
    /// ```
    /// assert!(beamline_chat::Date::today().to_string().as_str() > "2026-11-01");
    /// ```
    pub fn today() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::since_1970(since.as_secs() / (24 * 60 * 60))
    }

    /// The days of its year before it.
    fn day_of_year(self) -> u16 {
        (1..self.month).map(|month| u16::from(days_of(self.year, month))).sum::<u16>() + u16::from(self.day)
    }

    /// The day of the week, Monday being 0.
    fn weekday(self) -> usize {
        let before = usize::from(self.year) - 1;
        // 0001-01-01 was a Monday.
        (before * 365 + before / 4 - before / 100 + before / 400 + usize::from(self.day_of_year()) - 1) % 7
    }

    /// The day in words, as Python's `strftime` has it in the C locale; the time is midnight.
    ///
    /// # Errors
    /// When the format has a letter that is not known here.
    pub fn format(self, format: &str) -> Result<String, ChatError> {
        let mut out = String::new();
        let mut rest = format.chars();
        while let Some(c) = rest.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let mut letter = rest.next();
            let is_bare = letter == Some('-');
            if is_bare {
                letter = rest.next();
            }
            let piece = letter.and_then(|letter| self.piece(letter));
            let piece = piece.ok_or_else(|| ChatError::DateFormat { format: format.to_owned() })?;
            // GNU's `-` leaves out what fills a number up.
            let bare = if is_bare { piece.trim_start_matches(['0', ' ']) } else { &piece };
            out += if bare.is_empty() { "0" } else { bare };
        }
        Ok(out)
    }

    fn piece(self, letter: char) -> Option<String> {
        let Self { year, month, day } = self;
        let month_name = MONTHS[usize::from(month) - 1];
        let weekday = DAYS[self.weekday()];
        Some(match letter {
            'A' => weekday.to_owned(),
            'a' => weekday[..3].to_owned(),
            'B' => month_name.to_owned(),
            'b' | 'h' => month_name[..3].to_owned(),
            'd' => format!("{day:02}"),
            'e' => format!("{day:2}"),
            'm' => format!("{month:02}"),
            'Y' => year.to_string(),
            'y' => format!("{:02}", year % 100),
            'j' => format!("{:03}", self.day_of_year()),
            'u' => (self.weekday() + 1).to_string(),
            'w' => ((self.weekday() + 1) % 7).to_string(),
            'F' => self.to_string(),
            'D' | 'x' => format!("{month:02}/{day:02}/{:02}", year % 100),
            'c' => format!("{} {} {day:2} 00:00:00 {year}", &weekday[..3], &month_name[..3]),
            'H' | 'M' | 'S' => "00".to_owned(),
            'I' => "12".to_owned(),
            'p' => "AM".to_owned(),
            'T' | 'X' => "00:00:00".to_owned(),
            'R' => "00:00".to_owned(),
            'Z' | 'z' => String::new(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

impl FromStr for Date {
    type Err = ChatError;

    fn from_str(text: &str) -> Result<Self, ChatError> {
        let wrong = || ChatError::Date { given: text.to_owned() };
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts[..] else { return Err(wrong()) };
        if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
            return Err(wrong());
        }
        let year: u16 = year.parse().map_err(|_| wrong())?;
        let month: u8 = month.parse().map_err(|_| wrong())?;
        let day: u8 = day.parse().map_err(|_| wrong())?;
        let is_day = year > 0 && (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        if is_day { Ok(Self { year, month, day }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(day: &str, format: &str) -> String {
        day.parse::<Date>().unwrap().format(format).unwrap()
    }

    #[test]
    fn days_are_written_as_python_writes_them() {
        assert_eq!(shown("2024-07-26", "%d %b %Y"), "26 Jul 2024");
        assert_eq!(shown("2024-02-29", "%A %a %j %-d %e %y %m/%d %u %w"), "Thursday Thu 060 29 29 24 02/29 4 4");
        assert_eq!(
            shown("2000-01-02", "%A, %-d %B %Y 100%% %H:%M:%S %I%p|%-H"),
            "Sunday, 2 January 2000 100% 00:00:00 12AM|0"
        );
        assert_eq!(shown("1999-12-05", "%c|%F|%D|%w"), "Sun Dec  5 00:00:00 1999|1999-12-05|12/05/99|0");
    }

    #[test]
    fn what_is_no_day_or_no_format_is_named() {
        for wrong in ["2026-13-01", "2026-00-01", "2026-04-31", "26-04-30", "2026/04/30", "", "2026-4-30", "+026-04-30"]
        {
            let error = wrong.parse::<Date>().unwrap_err().to_string();
            assert!(error.contains("YYYY-MM-DD"), "{error}");
        }
        let day: Date = "2026-11-30".parse().unwrap();
        assert!(day.format("%Q").unwrap_err().to_string().contains("%Q"));
        assert!(day.format("%").is_err());
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(Date::since_1970(0).to_string(), "1970-01-01");
        assert_eq!(Date::since_1970(11_016).to_string(), "2000-02-29");
        assert_eq!(Date::since_1970(u64::MAX).to_string(), "9999-12-31");
    }
}
