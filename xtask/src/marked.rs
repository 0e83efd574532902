//! The generated part of a document, between two marks.

const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- end of table -->\n";

/// Returns what is between the marks, if the document has them.
pub(crate) fn part(document: &str) -> Option<&str> {
    let (_, rest) = document.split_once(BEGIN)?;
    Some(rest.split_once(END)?.0)
}

/// Returns the document with another part between the marks, if it has them.
pub(crate) fn replace(document: &str, new: &str) -> Option<String> {
    let (before, rest) = document.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}{new}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_part_between_the_marks_is_replaced() {
        let document = format!("a\n{BEGIN}old\n{END}b\n");
        assert_eq!(part(&document), Some("old\n"));
        assert_eq!(replace(&document, "new\n"), Some(document.replace("old", "new")));
        assert_eq!((part("a\n"), replace("a\n", "new")), (None, None));
    }
}
