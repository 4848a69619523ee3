//! Which image, and which program in it.

use super::container;
use crate::field::Field;
use crate::object::PodView;
use crate::problem::Problems;
use crate::world::Expects;
use k8s_openapi::api::core::v1::Container;

pub(super) fn check(pod: &PodView<'_>, world: &Expects, problems: &mut Problems) {
    for (container, at) in container::of_pod(pod.spec, &pod.at) {
        let Some(image) = container.image.as_deref().filter(|image| !image.is_empty()) else { continue };
        reference(image, world, &at.child("image"), problems);
        program(container, image, world, &at.child("command"), problems);
    }
}

/// A tag names one image today and another tomorrow. A placeholder has no registry: whoever deploys sets the whole.
fn reference(image: &str, world: &Expects, at: &Field, problems: &mut Problems) {
    if image.contains(char::is_whitespace) || image.chars().any(char::is_control) {
        problems.strict("image-name", at, format!("\"{image}\" has spaces: no such image can be pulled"));
        return;
    }
    let name = name_of(image);
    let placeholder = !image.contains(['/', '@']) && world.images.contains_key(name);
    let pinned = image.split_once("@sha256:").is_some_and(|(_, digest)| is_digest(digest));
    if !pinned && !placeholder {
        let why = format!("\"{image}\" has no digest: what was tested is not what runs");
        problems.strict("image-not-pinned", at, why);
    }
}

fn program(container: &Container, image: &str, world: &Expects, at: &Field, problems: &mut Problems) {
    let name = name_of(image);
    let last = name.rsplit('/').next().unwrap_or_default();
    let Some(known) = world.images.get(last) else { return };
    let Some(program) = container.command.as_ref().and_then(|command| command.first()) else { return };
    if !known.programs.contains(program) {
        problems.strict("no-such-program", &at.index(0), format!("image \"{last}\" has no \"{program}\""));
    }
}

/// The name without tag and digest. A colon before the last slash is a port.
fn name_of(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    let colon = name.get(last..).and_then(|part| part.find(':'));
    colon.and_then(|colon| name.get(..last + colon)).unwrap_or(name)
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::{Expects, reference};
    use crate::field::Field;
    use crate::problem::Problems;
    use crate::world::Image;

    fn check(image: &str, expected: &[&str]) {
        let images = [("pgrefit".to_owned(), Image::default())].into();
        let world = Expects { images, ..Expects::default() };
        let mut problems = Problems::default();
        reference(image, &world, &Field::default(), &mut problems);
        let rules: Vec<_> =
            problems.into_vec().into_iter().map(|problem| format!("{:?}", problem.severity)).collect();
        assert_eq!(
            rules,
            expected.iter().map(|rule| format!("Strict({rule:?})")).collect::<Vec<_>>(),
            "{image}"
        );
    }

    #[test]
    fn images_are_pinned_or_set_by_an_overlay() {
        let digest = "0".repeat(64);
        check("pgrefit", &[]);
        check(&format!("registry.example:5000/a/pgrefit@sha256:{digest}"), &[]);
        check(&format!("pgrefit:1.0@sha256:{digest}"), &[]);
        check("pgrefit:1.0", &[]);
        check("nginx:1.0", &["image-not-pinned"]);
        check("registry.example/pgrefit", &["image-not-pinned"]);
        check("registry.example:5000/pgrefit", &["image-not-pinned"]);
        check("nginx", &["image-not-pinned"]);
        check("pgrefit@sha256:12", &["image-not-pinned"]);
        check(" pgrefit", &["image-name"]);
    }
}
