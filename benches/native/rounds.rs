//! Runs two clients in turns and summarizes the pairs.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Homing,
    Bare,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Homing => "homing",
            Self::Bare => "bare",
        }
    }

    pub(crate) fn parse(name: &str) -> Self {
        match name {
            "homing" => Self::Homing,
            "bare" => Self::Bare,
            _ => panic!("unknown side: {name}"),
        }
    }
}

#[derive(Default)]
pub(crate) struct Options {
    filter: String,
    rounds: Option<usize>,
    only: Option<Side>,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Self {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            let mut value = || words.next().expect("a value");
            match word {
                "--rounds" => options.rounds = Some(value().parse().expect("a number of rounds")),
                "--only" => options.only = Some(Side::parse(value())),
                filter => options.filter = filter.into(),
            }
        }
        options
    }

    pub(crate) fn wants(&self, case: &str) -> bool {
        case.contains(&self.filter)
    }

    pub(crate) fn rounds(&self, usual: usize) -> usize {
        self.rounds.unwrap_or(usual)
    }
}

/// The figures of a case in each round: those of homing, and those of the bare client.
pub(crate) struct Pairs<const FIGURES: usize>(Vec<[[f64; FIGURES]; 2]>);

/// Runs both clients in each round. Each is the first in every other round.
pub(crate) fn take_turns<const FIGURES: usize>(
    options: &Options,
    rounds: usize,
    mut run: impl FnMut(Side) -> [f64; FIGURES],
) -> Pairs<FIGURES> {
    if let Some(side) = options.only {
        return Pairs((0..rounds).map(|_| [run(side); 2]).collect());
    }
    let pairs = (0..rounds).map(|round| {
        if round % 2 == 0 {
            let homing = run(Side::Homing);
            [homing, run(Side::Bare)]
        } else {
            let bare = run(Side::Bare);
            [run(Side::Homing), bare]
        }
    });
    Pairs(pairs.collect())
}

impl<const FIGURES: usize> Pairs<FIGURES> {
    pub(crate) fn homing(&self, figure: usize) -> Quartiles {
        Quartiles::of(self.0.iter().map(|[homing, _]| homing[figure]))
    }

    pub(crate) fn bare(&self, figure: usize) -> Quartiles {
        Quartiles::of(self.0.iter().map(|[_, bare]| bare[figure]))
    }

    /// The figure of homing divided by that of the bare client.
    pub(crate) fn ratio(&self, figure: usize) -> Quartiles {
        Quartiles::of(self.0.iter().map(|[homing, bare]| homing[figure] / bare[figure]))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Quartiles {
    pub(crate) lower: f64,
    pub(crate) median: f64,
    pub(crate) upper: f64,
}

impl Quartiles {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Self { lower: at(0.25), median: at(0.5), upper: at(0.75) }
    }
}
