//! From files to a model: opened, checked, packed.

use crate::architectures::{self, Described, Network};
use crate::deferred_check::{CheckedByFirstPass, CheckedMatrix};
use crate::error::{Defect, LoadError};
use crate::forward::Model;
use crate::geometry::Geometry;
use crate::gguf::{Gguf, Stored};
use crate::model_id::ModelId;
use crate::names::Format;
use crate::safetensors;
use crate::structure::{Structure, TensorInfo};
use crate::weight_file::{Held, WeightFile};
use crate::weights::{Description, Found, LoadOptions, Weights};
use beamline_kernels::Compute;
use std::borrow::Cow;
use std::collections::BTreeMap;
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

/// Where weights lie.
enum Files {
    /// With all that comes before the weights.
    Gguf(WeightFile, Cow<'static, [u8]>),
    /// Shards in the order of their names, and each tensor with the number of its shard.
    Safetensors(Vec<WeightFile>, BTreeMap<String, (Stored, usize)>),
}

/// The files of one model, opened, with a config that has been read and checked.
///
/// Of the weights nothing has been read yet. The files stay open until this is dropped.
pub struct Checkpoint {
    path: PathBuf,
    files: Files,
    described: Described,
}

impl Checkpoint {
    /// Opens a folder with `config.json` and safetensors, or a `.gguf` file.
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
            let shards = safetensors::open(path)?;
            let tensors = safetensors::tensors(&shards)?;
            return Ok(Self { path: path.to_owned(), files: Files::Safetensors(shards, tensors), described });
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
        let (header, described) = gguf_header(&file)?;
        Ok(Self { path: file.path().to_owned(), files: Files::Gguf(file, header), described })
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
        let info = |(name, stored): (&str, &Stored)| TensorInfo {
            name: name.to_owned(),
            shape: stored.shape.clone(),
            dtype: stored.kind.to_string(),
        };
        let tensors = match &self.files {
            Files::Gguf(..) => self.gguf()?.iter().flat_map(Gguf::tensors).map(info).collect(),
            Files::Safetensors(_, tensors) => {
                tensors.iter().map(|(name, (stored, _))| info((name.as_str(), stored))).collect()
            }
        };
        Ok(Structure { width, heads, tensors })
    }

    /// What the checkpoint calls its network: `gpt2`, `llama`, `mistral`, `qwen2` or `qwen3`.
    #[doc(alias = "model_type")]
    pub fn architecture(&self) -> &str {
        &self.described.name
    }

    /// The file or folder opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file's keys and tensors, if it is a GGUF file.
    ///
    /// # Errors
    /// Never, since the same bytes have been read once.
    pub fn gguf(&self) -> Result<Option<Gguf<'_>>, LoadError> {
        match &self.files {
            Files::Gguf(file, header) => {
                Gguf::read_beginning(header, file.len()).map_err(|defect| defect.at(&self.path))
            }
            Files::Safetensors(..) => Ok(None),
        }
    }

    /// Makes the model. Where its weights are afterwards, [`LoadOptions::holding`] says: by default all are packed into
    /// memory, one tensor after another, so that no more than one is held twice.
    ///
    /// # Errors
    /// When a tensor is missing, of the wrong shape or type, or holds NaN or infinity; when a file has become shorter since
    /// it was opened.
    pub fn load(&self, options: LoadOptions, compute: &Arc<Compute>) -> Result<Loaded, LoadError> {
        match &self.files {
            Files::Gguf(file, header) => {
                let gguf = Gguf::read_beginning(header, file.len()).map_err(|defect| defect.at(&self.path))?;
                let held = file.hold(options.holding)?;
                let find = |name: &str| Some(Found { stored: gguf.as_ref()?.tensor(name)?, file: &held });
                self.build(Weights::new(&self.path, Format::Gguf, &find, options, compute), compute)
            }
            Files::Safetensors(shards, tensors) => {
                let held =
                    shards.iter().map(|shard| shard.hold(options.holding)).collect::<Result<Vec<Held<'_>>, _>>()?;
                let prefix = self.described.prefix;
                let prefix = if tensors.keys().any(|name| name.starts_with(prefix)) { prefix } else { "" };
                let find = |name: &str| {
                    let (stored, shard) = tensors.get(name)?;
                    Some(Found { stored, file: &held[*shard] })
                };
                self.build(Weights::new(&self.path, Format::Safetensors { prefix }, &find, options, compute), compute)
            }
        }
    }

    fn build(&self, mut weights: Weights<'_>, compute: &Arc<Compute>) -> Result<Loaded, LoadError> {
        let model = self.network().load(&mut weights, compute)?;
        let unchecked = weights.check()?;
        let watched = CheckedByFirstPass { model: model.clone(), weights: unchecked.clone() };
        let model = if unchecked.is_empty() { model } else { Arc::new(watched) };
        Ok(Loaded::with(model, weights.description(self.described.name.clone()), unchecked))
    }
}

/// Bytes of a GGUF file that are read at first: enough for most vocabularies.
const FIRST: usize = 4 << 20;

/// The most bytes of a GGUF file that are read for its keys and the list of its tensors. The largest vocabularies take
/// about a tenth of this.
const MOST_HEADER: usize = 256 << 20;

/// Reads what comes before the weights of a GGUF file, however long it is, and the network that it describes.
fn gguf_header(file: &WeightFile) -> Result<(Cow<'static, [u8]>, Described), LoadError> {
    let mut size = FIRST;
    loop {
        let header = match file.in_program() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(file.beginning(size)?),
        };
        let gguf = Gguf::read_beginning(&header, file.len()).map_err(|defect| defect.at(file.path()))?;
        if let Some(described) = gguf.as_ref().map(architectures::from_gguf) {
            let described = described.map_err(|defect| defect.at(file.path()))?;
            return Ok((header, described));
        }
        if size >= MOST_HEADER {
            let what = format!("keys and tensors that take more than {MOST_HEADER} bytes");
            return Err(Defect::Gguf { what, at: size }.at(file.path()));
        }
        size *= 4;
    }
}
