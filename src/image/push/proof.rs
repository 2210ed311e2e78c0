//! Whether a manifest that a registry shows is that of our image.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::docker::ImageId;
use crate::name::Digest;

/// As much of a manifest as tells its image.
#[derive(Deserialize)]
struct Manifest {
    config: Option<Descriptor>,
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
}

/// Holds the manifest to its digest, and to the image; or says in a sentence what is wrong with it.
pub(super) fn prove(manifest: &[u8], digest: Digest, image: ImageId) -> Result<(), String> {
    let actual = Digest::from_bytes(Sha256::digest(manifest).into());
    if actual != digest {
        return Err(format!("what the registry shows for {digest} has the digest {actual}"));
    }
    // An engine with the store of containerd knows an image by its manifest, or its list of them.
    if digest == image.0 {
        return Ok(());
    }
    let manifest: Manifest = serde_json::from_slice(manifest)
        .map_err(|error| format!("what the registry shows for {digest} is no manifest: {error}"))?;
    match manifest.config {
        Some(config) if config.digest == image.to_string() => Ok(()),
        Some(config) => Err(format!(
            "{digest} in the registry is of another image: {}, and not {image}",
            config.digest.escape_debug().take(80).collect::<String>()
        )),
        None => Err(format!("{digest} in the registry names no image")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn digest(bytes: &[u8]) -> Digest {
        Digest::from_bytes(Sha256::digest(bytes).into())
    }

    #[test]
    fn only_a_manifest_of_our_image_proves_anything() {
        let image = ImageId(digest(b"config"));
        let manifest = format!("{{\"schemaVersion\":2,\"config\":{{\"digest\":\"{image}\"}}}}").into_bytes();
        assert_eq!(prove(&manifest, digest(&manifest), image), Ok(()));
        assert_eq!(prove(&manifest, digest(&manifest), ImageId(digest(&manifest))), Ok(()));

        let wrong = prove(&manifest, digest(b"x"), image).unwrap_err();
        assert!(wrong.contains("has the digest"), "{wrong}");
        // The id of the image is what was asked for, and not what came.
        assert!(prove(b"else", image.0, image).is_err());
        let other = prove(&manifest, digest(&manifest), ImageId(digest(b"other"))).unwrap_err();
        assert!(other.contains("of another image"), "{other}");
    }

    #[test]
    fn what_is_no_manifest_proves_nothing() {
        let image = ImageId(digest(b"config"));
        let twice = format!("{{\"config\":{{\"digest\":\"{image}\"}},\"config\":{{\"digest\":\"x\"}}}}");
        let bom = format!("\u{feff}{{\"config\":{{\"digest\":\"{image}\"}}}}");
        for text in ["", "{", "[]", "{}", "{\"config\":null}", "{\"config\":{}}", "\u{0}", &twice, &bom] {
            assert!(prove(text.as_bytes(), digest(text.as_bytes()), image).is_err(), "{text}");
        }
        let deep = "[".repeat(200_000);
        assert!(prove(deep.as_bytes(), digest(deep.as_bytes()), image).is_err());
    }
}
