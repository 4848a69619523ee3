//! The comment block at the head of a file.

const WIDTH: usize = 116;

/// What a file is, for whoever reviews it.
pub(super) struct Header<'a> {
    pub(super) what: &'a str,
    pub(super) why: &'a str,
    pub(super) locks: &'a str,
    pub(super) data: &'a str,
}

impl Header<'_> {
    pub(super) fn text(&self) -> String {
        let Self { what, why, locks, data } = self;
        let parts = [("What: ", what), ("Why:  ", why), ("Locks:", locks), ("Data: ", data)];
        parts.iter().map(|(label, text)| paragraph(label, text)).collect()
    }
}

fn paragraph(label: &str, text: &str) -> String {
    let (mut out, mut line) = (String::new(), format!("-- {label}"));
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() + 1 > WIDTH {
            out.push_str(&line);
            out.push('\n');
            "--       ".clone_into(&mut line);
        }
        line.push(' ');
        line.push_str(word);
    }
    out + &line + "\n"
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn long_lines_go_on_below_their_beginnings() {
        let why = "word ".repeat(30);
        let text = Header { what: "an index.", why: &why, locks: "none.", data: "none." }.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "-- What:  an index.");
        assert!(
            lines[1].starts_with("-- Why:   word word") && lines[2].starts_with("--        word"),
            "{text}"
        );
        assert!(lines.iter().all(|line| line.len() <= 116) && lines.len() == 5, "{text}");
    }
}
