//! The folder of docker's own settings, and files of JSON in it and beside it.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::context::Variables;
use crate::fault::{Fault, Result};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// A variable that is set to something.
pub(super) fn variable<'a>(variables: &'a Variables, name: &str) -> Option<&'a OsStr> {
    variables.get(OsStr::new(name)).map(|value| value.as_os_str()).filter(|value| !value.is_empty())
}

/// The same as text; what is no Unicode in it is replaced.
pub(super) fn text<'a>(variables: &'a Variables, name: &str) -> Option<Cow<'a, str>> {
    variable(variables, name).map(OsStr::to_string_lossy)
}

/// The same as a path.
pub(super) fn path(variables: &Variables, name: &str) -> Option<PathBuf> {
    variable(variables, name).map(PathBuf::from)
}

/// The home of who runs us.
pub(super) fn home(variables: &Variables) -> Option<PathBuf> {
    path(variables, "HOME").or_else(|| path(variables, "USERPROFILE"))
}

/// The folder of docker's settings.
pub(super) fn folder(variables: &Variables) -> Option<PathBuf> {
    path(variables, "DOCKER_CONFIG").or_else(|| home(variables).map(|home| home.join(".docker")))
}

/// Docker's settings, and their file; none where there is no such file.
///
/// # Errors
/// As [`read_json`].
pub(super) fn config(variables: &Variables) -> Result<Option<(PathBuf, Value)>> {
    let Some(path) = folder(variables).map(|folder| folder.join("config.json")) else { return Ok(None) };
    Ok(read_json(&path)?.map(|value| (path, value)))
}

/// A file of JSON; none where there is no such file, or nothing in it.
///
/// # Errors
/// It cannot be read, is too large, or is no JSON object. No error shows anything of what is in it.
pub(super) fn read_json(path: &Path) -> Result<Option<Value>> {
    let failed = |cause: String| Fault::new(format!("read {}", path.display()), cause);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) if bytes.len() as u64 > LARGEST => {
            return Err(failed(format!("it has more than {} MiB", LARGEST >> 20)));
        }
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(failed(error.to_string()).help("check who owns the file")),
    }
    parse_json(&bytes).map_err(|why| failed(why).help("mend the file, or move it away"))
}

/// The JSON object in a text, none in an empty one; or why there is none, which shows nothing of the text.
pub(super) fn parse_json(bytes: &[u8]) -> std::result::Result<Option<Value>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(bytes) {
        Ok(object @ Value::Object(_)) => Ok(Some(object)),
        Ok(_) => Err("it holds no JSON object".into()),
        // Only the place: what is wrong may be a secret that was pasted.
        Err(error) => Err(format!("it is no JSON (line {}, column {})", error.line(), error.column())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn files_are_read_or_refused_without_showing_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        let read = |content: &[u8]| {
            std::fs::write(&file, content).unwrap();
            read_json(&file).map_err(|fault| fault.to_string())
        };
        assert_eq!(read(b"\xef\xbb\xbf{\"a\": 1}\r\n"), Ok(Some(serde_json::json!({ "a": 1 }))));
        assert_eq!(read(b" \n"), Ok(None));
        for (content, why) in [
            (&b"{\"auth\": sesame}"[..], "no JSON (line 1, column 10)"),
            (b"\"sesame\"", "no JSON object"),
            (b"{\"auth\": \"sesame\xff\"}", "no JSON (line"),
            (&[b' '; (LARGEST + 1) as usize], "more than 4 MiB"),
            (&[b'['; 100_000], "no JSON"),
        ] {
            let said = read(content).unwrap_err();
            assert!(said.contains(why) && !said.contains("sesame"), "{said}");
        }
        assert!(read_json(folder.path()).unwrap_err().to_string().contains("directory"));
        assert!(matches!(read_json(&file.join("below")), Ok(None)));
        assert!(matches!(read_json(&folder.path().join("nothing")), Ok(None)));
    }
}
