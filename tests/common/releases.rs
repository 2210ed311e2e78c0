//! What may be installed: the action's script and the include's are held to the same cases.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use modelgate::name::Digest;
use sha2::{Digest as _, Sha256};

use super::http::{self, Request};
use super::{Project, Said};

/// The release that there is.
pub const VERSION: &str = "9.9.9";

/// What installs releases, with a table of those that it vouches for.
pub trait Installer {
    /// What the archives are made for here.
    fn target(&self) -> String;
    /// Where the archive of [`VERSION`] is downloaded from.
    fn archive(&self) -> PathBuf;
    /// Writes the table.
    fn table(&mut self, rows: &str);
    /// Installs a version, and names the program; the name is empty where nothing was installed.
    fn install(&self, version: &str) -> (Said, String);
}

/// Packs an archive with a program, which is a script.
pub fn pack(project: &Project, archive: &Path, script: &str) {
    fs::create_dir_all(archive.parent().expect("a folder")).expect("the archive's folder");
    project.file("packed/modelgate", format!("#!/bin/sh\n{script}\n"));
    project.file("packed/README.md", "# modelgate\n");
    let pack = "chmod +x packed/modelgate && tar -czf \"$0\" -C packed modelgate README.md";
    assert!(project.command("sh").args(["-c", pack]).arg(archive).status().expect("sh").success());
}

/// The SHA-256 of a file, in hexadecimal.
pub fn sum(archive: &Path) -> String {
    let content = fs::read(archive).expect("the archive");
    Digest::from_bytes(Sha256::digest(content).into()).hex()
}

/// Holds an installer to what only a release that it vouches for may do: run.
pub fn assert_only_what_is_vouched_for_runs(project: &Project, installer: &mut dyn Installer) {
    let (target, archive) = (installer.target(), installer.archive());
    pack(project, &archive, "echo modelgate 9.9.9");
    let row = |sum: &str| format!("{VERSION} {target} {sum}\n");
    let good = row(&sum(&archive));
    let refused = |installer: &dyn Installer, version: &str, why: &str| {
        let (said, program) = installer.install(version);
        let told = format!("{}{}", said.out, said.err);
        assert_eq!((said.code, &*program), (1, ""), "{version}: {told}");
        assert!(told.contains(why) && told.contains("help: "), "«{why}» in {told}");
    };

    installer.table(&format!("1.0.0 {target} {}\n{good}", "0".repeat(64)));
    for version in [VERSION, "v9.9.9"] {
        let (said, program) = installer.install(version);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        assert!(said.out.contains("modelgate 9.9.9") || said.err.contains("modelgate 9.9.9"), "{}", said.err);
        assert!(Path::new(&program).is_file(), "{program}");
        fs::remove_dir_all(Path::new(&program).parent().expect("a folder")).expect("it is there");
    }
    for version in ["9.9.8", "9.9", "latest", "*", "9.9.9 x", "../9.9.9"] {
        refused(installer, version, "does not know release «");
    }
    // What is kept on the machine is not asked here: nobody knows of this release yet.
    for (rows, why) in [
        (String::new(), "does not know release «9.9.9»"),
        (format!("{VERSION} other-target {}\n", "0".repeat(64)), "does not know release «9.9.9»"),
        (row("abc"), "has no SHA-256 for 9.9.9"),
        (row(&"A".repeat(64)), "has no SHA-256 for 9.9.9"),
    ] {
        installer.table(&rows);
        refused(installer, VERSION, why);
    }
    installer.table(&row(&"0".repeat(64)));
    refused(installer, VERSION, "its SHA-256 is ");
    installer.table(&good);
    pack(project, &archive, "echo modelgate forged");
    refused(installer, VERSION, "its SHA-256 is ");
    fs::remove_file(&archive).expect("the archive");
    refused(installer, VERSION, "could not be downloaded");
}

/// Serves the files of a folder at the address that it gives, until the test's process ends.
pub fn serve(folder: PathBuf) -> String {
    let folder = Arc::new(Mutex::new(folder));
    let address = http::listen(&folder, |stream, folder| {
        let Some(request) = Request::read(&stream) else { return };
        let path = folder.lock().expect("the folder").join(request.target.trim_start_matches('/'));
        match fs::read(path) {
            Ok(content) => http::send(&stream, 200, "content-type: text/plain", &content),
            Err(_) => http::send(&stream, 404, "content-type: text/plain", b"there is none"),
        }
    });
    format!("http://{address}")
}
