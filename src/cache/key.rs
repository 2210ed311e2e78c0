//! The digest of a key.

use sha2::{Digest as _, Sha256};

use super::Key;
use crate::name::Digest;

/// A hash of parts, each with its length in front, so that no two lists of parts give the same bytes.
pub struct Framed(Sha256);

impl Framed {
    /// A hash for one purpose, so that hashes for different purposes never meet.
    #[must_use]
    pub fn new(purpose: &str) -> Self {
        let mut framed = Self(Sha256::new());
        framed.part(purpose.as_bytes());
        framed
    }

    /// Adds a part.
    pub fn part(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }

    /// Adds how many parts follow.
    pub fn count(&mut self, parts: usize) {
        self.0.update((parts as u64).to_le_bytes());
    }

    /// Adds named digests, in the order of their names.
    pub fn digests<'a>(&mut self, named: impl ExactSizeIterator<Item = (&'a String, &'a Digest)>) {
        self.count(named.len());
        for (name, digest) in named {
            self.part(name.as_bytes());
            self.0.update(digest.as_bytes());
        }
    }

    /// The digest of all parts.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest::from_bytes(self.0.finalize().into())
    }
}

impl Key {
    /// The digest of every component: it differs as soon as one of them does.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // A release that makes another thing of the same key must change the purpose.
        let mut framed = Framed::new("modelgate/step/v1");
        framed.part(self.step.word().as_bytes());
        framed.part(self.script.as_bytes());
        framed.digests(self.env.iter());
        framed.digests(self.inputs.iter());
        framed.digests(self.upstream.iter());
        framed.count(self.outputs.len());
        for pattern in &self.outputs {
            framed.part(pattern.as_bytes());
        }
        if let Some(image) = &self.image {
            framed.part(image.as_bytes());
        }
        framed.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::step::Step;

    fn named() -> impl Strategy<Value = BTreeMap<String, Digest>> {
        proptest::collection::btree_map("[ab]{0,2}", (0..3u8).prop_map(|n| Digest::from_bytes([n; 32])), 0..3)
    }

    fn key() -> impl Strategy<Value = Key> {
        let patterns = proptest::collection::vec("[ab]{0,2}", 0..3);
        let step = prop_oneof![Just(Step::Train), Just(Step::Evaluate)];
        let image = proptest::option::of((0..3u8).prop_map(|n| Digest::from_bytes([n; 32])));
        (step, "[ab]{0,2}", named(), named(), named(), patterns, image).prop_map(
            |(step, script, env, inputs, upstream, outputs, image)| Key {
                step,
                script,
                env,
                inputs,
                upstream,
                outputs,
                image,
            },
        )
    }

    proptest! {
        #[test]
        fn two_keys_have_one_digest_only_when_they_are_equal(a in key(), b in key()) {
            prop_assert_eq!(a == b, a.digest() == b.digest());
        }

        #[test]
        fn a_change_of_any_component_changes_the_digest(a in key(), b in key()) {
            let one_changed = [
                Key { step: b.step, ..a.clone() },
                Key { script: b.script.clone(), ..a.clone() },
                Key { env: b.env.clone(), ..a.clone() },
                Key { inputs: b.inputs.clone(), ..a.clone() },
                Key { upstream: b.upstream.clone(), ..a.clone() },
                Key { outputs: b.outputs.clone(), ..a.clone() },
                Key { image: b.image, ..a.clone() },
            ];
            for changed in one_changed {
                prop_assert_eq!(a == changed, a.digest() == changed.digest());
            }
        }
    }
}
