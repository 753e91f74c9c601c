//! Colours that also those can tell apart who see fewer of them.

/// Red, green and blue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Colour(u8, u8, u8);

impl Colour {
    /// As SVG writes it.
    pub(crate) fn hex(self) -> String {
        format!("#{:02X}{:02X}{:02X}", self.0, self.1, self.2)
    }

    /// Whether white is read better on it than black.
    fn is_dark(self) -> bool {
        0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2) < 140.0
    }
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// Dark ink on white.
    #[default]
    Light,
    /// Light ink on nearly black.
    Dark,
}

/// How a heat map's values become colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// From nothing to much: viridis, whose brightness grows evenly.
    Sequential,
    /// From minus to plus around zero: blue to orange.
    Diverging,
}

const fn rgb(hex: u32) -> Colour {
    Colour((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Okabe and Ito's colours (2008), without the yellow that is lost on white and the black that is lost on black.
const SERIES: [Colour; 7] = [
    rgb(0x00_72_B2),
    rgb(0xD5_5E_00),
    rgb(0x00_9E_73),
    rgb(0xCC_79_A7),
    rgb(0xE6_9F_00),
    rgb(0x56_B4_E9),
    rgb(0x77_77_77),
];

/// The same colours, as light as a dark ground asks for.
const DARK_SERIES: [Colour; 7] = [
    rgb(0x4D_A8_E0),
    rgb(0xFF_8C_42),
    rgb(0x2F_C7_9A),
    rgb(0xE3_9B_C4),
    rgb(0xF2_B8_4B),
    rgb(0x9A_D6_F5),
    rgb(0xA8_A8_A8),
];

/// Stops of viridis, evenly spaced.
const VIRIDIS: [Colour; 9] = [
    rgb(0x44_01_54),
    rgb(0x48_28_78),
    rgb(0x3E_49_89),
    rgb(0x31_68_8E),
    rgb(0x26_82_8E),
    rgb(0x1F_9E_89),
    rgb(0x35_B7_79),
    rgb(0x6E_CE_58),
    rgb(0xFD_E7_25),
];

impl Theme {
    /// The theme of this name: `light` or `dark`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    fn pick(self, light: u32, dark: u32) -> Colour {
        rgb(if self == Self::Light { light } else { dark })
    }

    pub(crate) fn paper(self) -> Colour {
        self.pick(0xFF_FF_FF, 0x16_18_1C)
    }
    pub(crate) fn ink(self) -> Colour {
        self.pick(0x1B_1F_24, 0xE8_EA_ED)
    }
    pub(crate) fn faint(self) -> Colour {
        self.pick(0x5F_66_70, 0xA3_A9_B3)
    }
    pub(crate) fn grid(self) -> Colour {
        self.pick(0xE3_E6_EA, 0x2E_32_39)
    }
    /// What belongs to the chosen, the winner.
    pub(crate) fn chosen(self) -> Colour {
        self.pick(0xD5_5E_00, 0xFF_8C_42)
    }
    /// What was left behind.
    pub(crate) fn pale(self) -> Colour {
        self.pick(0xC4_CA_D2, 0x5A_61_6C)
    }
    /// The colour of series `i`; they repeat after seven.
    pub(crate) fn series(self, i: usize) -> Colour {
        let all = if self == Self::Dark { DARK_SERIES } else { SERIES };
        all[i % all.len()]
    }

    /// The colour of words that lie on a colour.
    pub(crate) fn ink_on(ground: Colour) -> Colour {
        (if ground.is_dark() { Self::Dark } else { Self::Light }).ink()
    }

    /// The colour of a value in 0..=1 (sequential) or -1..=1 (diverging).
    pub(crate) fn heat(self, scale: Scale, value: f64) -> Colour {
        match scale {
            Scale::Sequential => along(&VIRIDIS, value),
            Scale::Diverging => {
                let middle = self.pick(0xF7_F7_F7, 0x2A_2D_33);
                let end = if value < 0.0 { rgb(0x21_66_AC) } else { rgb(0xE0_82_14) };
                along(&[middle, end], value.abs())
            }
        }
    }
}

/// The colour at a place between 0, the first stop, and 1, the last.
fn along(stops: &[Colour], place: f64) -> Colour {
    let place = if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 } * (stops.len() - 1) as f64;
    let i = (place as usize).min(stops.len() - 2);
    let share = place - i as f64;
    let (a, b) = (stops[i], stops[i + 1]);
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
    Colour(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lab shows what pictures show, and its colours are theirs.
    #[test]
    fn the_lab_has_the_same_colours() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/pages/style/tokens.css");
        // In a package of this crate alone there are no pages.
        let Ok(css) = std::fs::read_to_string(path) else { return };
        let (light, dark) = css.split_once("data-theme=\"dark\"").expect("two themes");
        for (theme, css) in [(Theme::Light, light), (Theme::Dark, dark)] {
            let named = [
                ("paper", theme.paper()),
                ("ink", theme.ink()),
                ("faint", theme.faint()),
                ("grid", theme.grid()),
                ("chosen", theme.chosen()),
                ("pale", theme.pale()),
            ];
            let series = (0..7).map(|i| (format!("series-{i}"), theme.series(i)));
            for (name, colour) in named.map(|(name, colour)| (name.to_owned(), colour)).into_iter().chain(series) {
                let line = format!("--{name}: {};", colour.hex());
                assert!(css.contains(&line), "{theme:?} has {line}");
            }
        }
    }

    #[test]
    fn scales_begin_and_end_at_their_stops_and_take_any_number() {
        let light = Theme::Light;
        assert_eq!(light.heat(Scale::Sequential, 0.0), VIRIDIS[0]);
        assert_eq!(light.heat(Scale::Sequential, 7.0), VIRIDIS[8]);
        assert_eq!(light.heat(Scale::Sequential, f64::NAN), VIRIDIS[0]);
        assert_eq!(light.heat(Scale::Diverging, 0.0), rgb(0xF7_F7_F7));
        assert_eq!((Theme::ink_on(VIRIDIS[0]), Theme::ink_on(VIRIDIS[8])), (Theme::Dark.ink(), light.ink()));
        assert_ne!(light.heat(Scale::Diverging, -1.0), light.heat(Scale::Diverging, 1.0));
    }
}
