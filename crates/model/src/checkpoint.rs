//! From files to a model: mapped, checked, packed.

use crate::config::{self, Config};
use crate::error::{Defect, LoadError};
use crate::forward::Model;
use crate::gguf::Gguf;
use crate::gpt2::Gpt2;
use crate::llama::Llama;
use crate::mapped::Mapped;
use crate::names::Naming;
use crate::safetensors;
use crate::unseen::{Origin, Unseen};
use crate::weights::{Description, Found, LoadOptions, Weights};
use beamline_kernels::Compute;

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A model, ready to run.
pub struct Loaded {
    /// The model.
    pub model: Arc<dyn Model>,
    /// What it is.
    pub description: Description,
    /// Weights that the first pass will look at.
    unseen: Arc<[Origin]>,
}

impl Loaded {
    /// A model that did not come from files.
    pub fn new(model: Arc<dyn Model>, description: Description) -> Self {
        Self { model, description, unseen: Arc::new([]) }
    }

    /// Touches the pages of weights that are used where they lie in the file, for as long as there is time for `more`: whoever
    /// has to wait for something else before the first pass can take this part of its work off it.
    pub fn touch(&self, more: &dyn Fn() -> bool) {
        self.unseen.iter().filter(|origin| !origin.is_table).for_each(|origin| origin.matrix.touch(more));
    }
}

/// Where weights lie.
enum Files {
    Gguf(Arc<Mapped>),
    /// Shards in the order of their names.
    Safetensors(Vec<(PathBuf, Arc<Mapped>)>),
}

/// The files of one model, opened and mapped into memory, with a config that has been read and checked.
///
/// Mapped files must not be cut short by other programs while they are open, which is as long as a model made from them
/// lives; replacing a file by renaming is safe.
pub struct Checkpoint {
    path: PathBuf,
    files: Files,
    architecture: String,
    config: Config,
}

impl Checkpoint {
    /// Opens a folder with `config.json` and safetensors, or a `.gguf` file.
    ///
    /// # Errors
    /// When a file is missing, or is not what it should be; the error names it.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        if path.is_dir() {
            let config_path = path.join("config.json");
            let config = Mapped::open(&config_path)?;
            let files = safetensors::open(path)?;
            return Self::new(path, Files::Safetensors(files), Some((&config_path, &config)));
        }
        Self::new(path, Files::Gguf(Arc::new(Mapped::open(path)?)), None)
    }

    /// A GGUF file that lies in a program.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn embedded(name: &str, gguf: &'static [u8]) -> Result<Self, LoadError> {
        Self::new(Path::new(name), Files::Gguf(Arc::new(Mapped::Static(gguf))), None)
    }

    fn new(path: &Path, files: Files, config: Option<(&Path, &[u8])>) -> Result<Self, LoadError> {
        let (architecture, config) = match (&files, config) {
            (_, Some((path, json))) => config::from_json(json).map_err(|defect| defect.at(path))?,
            (Files::Gguf(mapped), None) => {
                let gguf = Gguf::read(mapped).map_err(|defect| defect.at(path))?;
                config::from_gguf(&gguf).map_err(|defect| defect.at(path))?
            }
            (Files::Safetensors(_), None) => return Err(Defect::Missing(vec!["config.json".to_owned()]).at(path)),
        };
        Ok(Self { path: path.to_owned(), files, architecture, config })
    }

    /// The network's sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `gpt2`, `llama`, `mistral`, `qwen2` or `qwen3`.
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// The file or folder opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's keys and tensors, if it is a GGUF file.
    ///
    /// # Errors
    /// Never, since the file has been read once: but a file that changes under us is reported, not believed.
    pub fn gguf(&self) -> Result<Option<Gguf<'_>>, LoadError> {
        match &self.files {
            Files::Gguf(mapped) => Ok(Some(Gguf::read(mapped).map_err(|defect| defect.at(&self.path))?)),
            Files::Safetensors(_) => Ok(None),
        }
    }

    /// Makes the model. Quantised and converted weights are packed; plain floats are used where they lie by the first forward
    /// pass, and packed by the second one. All are checked, now or, for plain floats, as [`LoadOptions::check`] says.
    ///
    /// # Errors
    /// When a tensor is missing, of the wrong shape or type, or holds NaN or infinity.
    pub fn load(&self, options: LoadOptions, compute: &Arc<Compute>) -> Result<Loaded, LoadError> {
        match &self.files {
            Files::Gguf(mapped) => {
                let gguf = Gguf::read(mapped).map_err(|defect| defect.at(&self.path))?;
                let permuted = self.architecture == "llama";
                let found = |stored| Found { stored, path: &self.path, file: mapped };
                let find = |name: &str| gguf.tensor(name).map(found);
                let naming = Naming::Gguf { permuted };
                self.build(Weights::new(&self.path, naming, &find, options, compute), compute)
            }
            Files::Safetensors(shards) => {
                let tensors = safetensors::tensors(shards)?;
                let prefix = |prefix: &str| tensors.keys().any(|name| name.starts_with(prefix));
                let naming = match self.config {
                    Config::Gpt2(_) => {
                        Naming::Gpt2 { prefix: if prefix("transformer.") { "transformer." } else { "" } }
                    }
                    Config::Llama(_) => Naming::Llama { prefix: if prefix("model.") { "model." } else { "" } },
                };
                let find = |name: &str| {
                    let (stored, shard) = tensors.get(name)?;
                    let (path, file) = &shards[*shard];
                    Some(Found { stored, path, file })
                };
                self.build(Weights::new(&self.path, naming, &find, options, compute), compute)
            }
        }
    }

    fn build(&self, mut weights: Weights<'_>, compute: &Arc<Compute>) -> Result<Loaded, LoadError> {
        let model: Arc<dyn Model> = match self.config.clone() {
            Config::Gpt2(config) => Arc::new(Gpt2::load(config, &mut weights, compute.clone())?),
            Config::Llama(config) => Arc::new(Llama::load(config, &mut weights, compute.clone())?),
        };
        let unseen = weights.check()?;
        let watched = Unseen { model: model.clone(), weights: unseen.clone() };
        let model = if unseen.is_empty() { model } else { Arc::new(watched) };
        Ok(Loaded { model, description: weights.description(self.architecture.clone()), unseen })
    }
}
