//! Proofs that were made elsewhere count if somebody who is trusted has signed them.

use super::Shop;

#[test]
fn a_signature_of_a_trusted_key_opens_the_gate() {
    let shop = Shop::new();
    shop.run(&["migrate", "--rehearse-only"]).expect(0);
    let run = shop.last_run();
    let [backup, rehearsal] =
        ["backup", "rehearsal"].map(|kind| run.join(format!("{kind}.proof.json")).display().to_string());
    let key = |name: &str| {
        let path = shop.folder.path().join(name).display().to_string();
        let public = shop.run(&["proof", "key", "--output", &path]).expect(0).stdout.trim().to_owned();
        shop.run(&["proof", "key", "--output", &path]).expect(2).says(&["exists"]);
        (path, public)
    };
    let ((ours, public), (others, _)) = (key("ours.pem"), key("others.pem"));
    let migrate = || {
        let call = shop.call(&["migrate", "--proof", &backup, "--proof", &rehearsal]);
        call.env("PGREFIT_POLICY_TRUSTED_KEYS", &public).run()
    };
    migrate().expect(11).says(&["it is not signed"]);
    let sign = |path: &str, key: &str| shop.run(&["proof", "sign", path, "--key", key]).expect(0);
    sign(&backup, &ours);
    sign(&rehearsal, &others);
    migrate().expect(11).says(&["is not among policy.trusted_keys"]);
    sign(&rehearsal, &ours);
    assert!(shop.is_untouched());
    migrate().expect(0);
    assert_eq!(shop.evidence()["proofs"][1]["signed_by"].as_str(), Some(public.as_str()));
}
