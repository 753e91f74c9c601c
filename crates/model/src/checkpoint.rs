//! From files to a model: opened, checked, packed.

use crate::architectures::{self, Described};
use crate::deferred_check::{CheckedByFirstPass, CheckedMatrix};
use crate::error::LoadError;
use crate::forward::Model;
use crate::geometry::Geometry;
use crate::gguf::Gguf;
use crate::gguf_files::{self, GgufFiles, Header};
use crate::model_id::ModelId;
use crate::names::Format;
use crate::network::Network;
use crate::shards::{self, Tensors};
use crate::stored::Stored;
use crate::structure::{Structure, TensorInfo};
use crate::weight_file::{Held, WeightFile};
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
    id: ModelId,
    /// Weights that the first pass will look at.
    unchecked: Arc<[CheckedMatrix]>,
}

impl Loaded {
    /// A model that did not come from files. One without an id of its own ([`Model::id`]) is given one.
    pub fn new(model: Arc<dyn Model>, description: Description) -> Self {
        Self::with(model, description, Arc::new([]))
    }

    fn with(model: Arc<dyn Model>, description: Description, unchecked: Arc<[CheckedMatrix]>) -> Self {
        let id = if model.id().is_known() { model.id() } else { ModelId::unique() };
        Self { model, description, id, unchecked }
    }

    /// Which model this is: what a [`KvCache`](crate::KvCache) that is handed from one sequence to another must have been
    /// filled by. Always [known](ModelId::is_known).
    pub fn id(&self) -> ModelId {
        self.id
    }

    /// Touches the pages of weights that are used where they lie in the file, for as long as there is time for `more`: whoever
    /// has to wait for something else before the first pass can take this part of its work off it.
    #[doc(alias = "prefault")]
    pub fn touch(&self, more: &dyn Fn() -> bool) {
        self.unchecked.iter().filter(|checked| !checked.is_table).for_each(|checked| checked.matrix.touch(more));
    }
}

/// The files of one model, opened, with a config that has been read and checked.
///
/// Of the weights nothing has been read yet. The files stay open until this is dropped.
pub struct Checkpoint {
    path: PathBuf,
    files: Vec<WeightFile>,
    /// Each tensor, and the number of the file it lies in.
    tensors: Tensors,
    /// Of a GGUF file what comes before the weights: of the first, if it is in parts.
    header: Option<Header>,
    described: Described,
}

impl Checkpoint {
    /// Opens a folder with `config.json` and safetensors or `pytorch_model.bin`, in one file or in shards with an index; or a
    /// `.gguf` file, which may be any part of a model in several.
    ///
    /// A pickle is read as data: nothing in it is run.
    ///
    /// # Errors
    /// When a file is missing, or is not what it should be; the error names it.
    #[doc(alias = "from_pretrained")]
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        if path.is_dir() {
            let config_path = path.join("config.json");
            let config = WeightFile::open(&config_path)?;
            let config = config.beginning(config.len())?;
            let described = architectures::from_json(&config).map_err(|defect| defect.at(&config_path))?;
            let (files, tensors) = shards::open(path)?;
            return Ok(Self { path: path.to_owned(), files, tensors, header: None, described });
        }
        Self::from_gguf(WeightFile::open(path)?)
    }

    /// A GGUF file that lies in a program.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn embedded(name: &str, gguf: &'static [u8]) -> Result<Self, LoadError> {
        Self::from_gguf(WeightFile::embedded(name, gguf))
    }

    fn from_gguf(file: WeightFile) -> Result<Self, LoadError> {
        let GgufFiles { files, header, tensors } = gguf_files::open(file)?;
        let first = &files[0];
        let gguf = gguf_files::whole(first, &header, &tensors)?;
        let described = architectures::from_gguf(&gguf).map_err(|defect| defect.at(first.path()))?;
        drop(gguf);
        Ok(Self { path: first.path().to_owned(), files, tensors, header: Some(header), described })
    }

    /// The network's sizes.
    pub fn geometry(&self) -> Geometry {
        self.network().geometry()
    }

    fn network(&self) -> &dyn Network {
        &*self.described.network
    }

    /// What it is made of.
    ///
    /// # Errors
    /// Never, since the same bytes have been read once.
    pub fn structure(&self) -> Result<Structure, LoadError> {
        let (width, heads) = self.network().width_and_heads();
        let info = |(name, (stored, _)): (&String, &(Stored, usize))| TensorInfo {
            name: name.clone(),
            shape: stored.shape.clone(),
            dtype: stored.kind.to_string(),
        };
        let tensors = self.tensors.iter().map(info).collect();
        Ok(Structure { width, heads, tensors })
    }

    /// What the checkpoint calls its network: `gpt2`, `llama`, `mistral`, `qwen2` or `qwen3`.
    #[doc(alias = "model_type")]
    pub fn architecture(&self) -> &str {
        &self.described.name
    }

    /// Whether it is the text part of a model that has others, such as one for images, which are not read.
    pub fn is_text_part(&self) -> bool {
        self.described.is_text_part
    }

    /// The file or folder opened; of a GGUF file in parts, the first part.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The files that hold the weights, in order; of a checkpoint that lies in a program, a name for it.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(WeightFile::path)
    }

    /// The bytes of a checkpoint that lies in a program.
    pub fn embedded_bytes(&self) -> Option<&'static [u8]> {
        self.files.first().and_then(WeightFile::in_program)
    }

    /// The file's keys and tensors, if it is a GGUF file; of one in parts, the keys of the first, which has all, and the
    /// tensors of all parts, each with its place in its own file.
    ///
    /// # Errors
    /// Never, since the same bytes have been read once.
    pub fn gguf(&self) -> Result<Option<Gguf<'_>>, LoadError> {
        let whole = |header| gguf_files::whole(&self.files[0], header, &self.tensors);
        self.header.as_ref().map(whole).transpose()
    }

    /// Makes the model. Where its weights are afterwards, [`LoadOptions::holding`] says: by default all are packed into
    /// memory, one tensor after another, so that no more than one is held twice.
    ///
    /// # Errors
    /// When a tensor is missing, of the wrong shape or type, or holds NaN or infinity; when a file has become shorter since
    /// it was opened.
    pub fn load(&self, options: LoadOptions, compute: &Arc<Compute>) -> Result<Loaded, LoadError> {
        let held = self.files.iter().map(|file| file.hold(options.holding)).collect::<Result<Vec<Held<'_>>, _>>()?;
        let find = |name: &str| {
            let (stored, file) = self.tensors.get(name)?;
            Some(Found { stored, file: &held[*file] })
        };
        let mut weights = Weights::new(&self.path, self.format(), &find, options, compute);
        let model = self.network().load(&mut weights, compute)?;
        let unchecked = weights.check()?;
        let watched = CheckedByFirstPass { model: model.clone(), weights: unchecked.clone() };
        let model = if unchecked.is_empty() { model } else { Arc::new(watched) };
        Ok(Loaded::with(model, weights.description(self.described.name.clone()), unchecked))
    }

    /// Who named the tensors, and how.
    fn format(&self) -> Format {
        if self.header.is_some() {
            return Format::Gguf;
        }
        let stands = |prefix: &&&str| self.tensors.keys().any(|name| name.starts_with(**prefix));
        Format::Safetensors { prefix: self.described.prefixes.iter().find(stands).copied().unwrap_or("") }
    }
}
