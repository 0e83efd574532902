//! The generated part of a document, between two marks.

/// The name of the only part of most documents.
pub(crate) const TABLE: &str = "table";

/// Returns what is between the marks of this name, if the document has them.
pub(crate) fn part<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    let (begin, end) = marks(name);
    let (_, rest) = document.split_once(&begin)?;
    Some(rest.split_once(&end)?.0)
}

/// Returns the document with another part between the marks, if it has them.
pub(crate) fn replace(document: &str, name: &str, new: &str) -> Option<String> {
    let (begin, end) = marks(name);
    let (before, rest) = document.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{new}{end}{after}"))
}

fn marks(name: &str) -> (String, String) {
    (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_between_the_marks_is_replaced() {
        let document = "<!-- other -->\nold\n<!-- end of other -->\na\n<!-- table -->\nold\n<!-- end of table -->\nb\n";
        assert_eq!(part(document, TABLE), Some("old\n"));
        let table = "<!-- table -->\nold";
        assert_eq!(replace(document, TABLE, "new\n"), Some(document.replace(table, &table.replace("old", "new"))));
        assert_eq!(part(document, "other"), Some("old\n"));
        assert_eq!((part("a\n", TABLE), replace("a\n", TABLE, "new")), (None, None));
    }
}
