//! The counts of one operation.

/// In place of counts.
pub(super) const FAILED: &str = "failed: ";

/// One of the counts.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// In the documentation.
    pub(crate) title: &'static str,
    /// Decimal places.
    pub(crate) places: usize,
    /// Compared only in the environment in which it was recorded.
    pub(crate) in_environment: bool,
    pub(crate) is_compared: bool,
}

impl Column {
    pub(crate) const fn new(name: &'static str, title: &'static str) -> Self {
        Self { name, title, places: 2, in_environment: false, is_compared: true }
    }
}

/// What one operation costs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Costs {
    /// A count for each column, unless the client has none.
    Counted(Vec<Option<f64>>),
    /// The program ended.
    Failed(String),
}

impl Costs {
    pub(crate) fn of<const N: usize>(counts: [f64; N]) -> Self {
        Self::Counted(counts.map(Some).into())
    }

    /// Reads so many counts, or why there are none.
    pub(crate) fn parse(cells: &[&str], columns: usize) -> Option<Self> {
        if let Some(why) = cells.first()?.strip_prefix(FAILED) {
            return Some(Self::Failed(why.into()));
        }
        let count = |cell: &&str| if *cell == "-" { Some(None) } else { cell.parse().ok().map(Some) };
        let counts = cells.iter().map(count).collect::<Option<Vec<_>>>()?;
        (counts.len() == columns).then_some(Self::Counted(counts))
    }

    /// Returns a count as it is recorded.
    pub(super) fn cell(&self, at: usize, places: usize) -> String {
        match self {
            Self::Counted(_) => self.get(at).map_or("-".into(), |count| format!("{count:.places$}")),
            Self::Failed(why) => format!("{FAILED}{why}"),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<f64> {
        match self {
            Self::Counted(counts) => counts.get(at).copied().flatten(),
            Self::Failed(_) => None,
        }
    }

    pub(crate) fn least(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Counted(one), Self::Counted(other)) => Self::Counted(
                one.iter().zip(other).map(|(one, other)| Some(one.as_ref()?.min(*other.as_ref()?))).collect(),
            ),
            (Self::Failed(_), _) => other.clone(),
            (_, Self::Failed(_)) => self.clone(),
        }
    }
}
