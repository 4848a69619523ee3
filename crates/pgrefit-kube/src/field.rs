//! Where in a manifest something is, written as the API server writes it: `spec.template.spec.containers[0].image`.

use std::fmt;

/// The path of a field. The root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field(String);

impl Field {
    /// A path from its parts, as in `Field::of("spec.template")`.
    pub(crate) fn of(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// A field of this object.
    pub(crate) fn child(&self, name: &str) -> Self {
        if self.0.is_empty() {
            return Self::of(name);
        }
        Self(format!("{}.{name}", self.0))
    }

    /// An element of this list, counted from 0.
    pub(crate) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// A value of this map whose keys are not field names.
    pub(crate) fn key(&self, key: &str) -> Self {
        Self(format!("{}[{key}]", self.0))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn paths_read_as_the_server_writes_them() {
        let container = Field::default().child("spec").child("containers").index(0);
        let limit = container.child("resources").child("limits").key("memory");
        assert_eq!(limit.to_string(), "spec.containers[0].resources.limits[memory]");
        assert_eq!(Field::default().to_string(), "");
    }
}
