//! From a name to an engine.

use crate::chat::ChatTemplates;
use crate::error::Error;
use crate::open::name::ModelName;
use crate::open::{file, templates, vocabulary};
use crate::options::{self, Defaults};
use crate::run::{Engine, Files};
use beamline_kernels::{ActivationFormat, Compute, Encoding};
use beamline_model::{Check, Checkpoint, Geometry, Holding, LoadOptions, Structure};
use beamline_tokens::{FolderFiles, Tokenizer};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// How a model is opened.
///
/// ```
/// use beamline::{Encoding, OpenOptions};
/// let engine = OpenOptions::new().dtype(Encoding::F32).threads(1).open("builtin")?;
/// assert_eq!(engine.compute().threads(), 1);
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Converts the weights while loading; none keeps them as stored.
    pub dtype: Option<Encoding>,
    /// The precision of activations in quantized matmuls; none takes [`DEFAULT_ACTIVATIONS`](crate::DEFAULT_ACTIVATIONS).
    pub activations: Option<ActivationFormat>,
    /// Threads to compute with; none takes the cores that this process is granted.
    pub threads: Option<usize>,
    /// The thread pool and instructions to compute with, in place of a pool of the engine's own. Engines that are given one
    /// share its threads: whoever finds them at another's work does a job on its own thread meanwhile, so that there are
    /// never more threads than the pool's and the callers'.
    pub compute: Option<Arc<Compute>>,
    /// Where the weights are once the model is open: by default in memory, so that nothing depends on its files any more.
    pub holding: Holding,
    /// How text is split before byte-level BPE, by one of the names of [`pre_tokenizers`](crate::pre_tokenizers); none leaves
    /// it to the model's files.
    pub pre: Option<String>,
}

impl OpenOptions {
    /// Weights as stored, on all cores that this process is granted.
    pub fn new() -> Self {
        Self::default()
    }

    /// Converts the weights while loading.
    #[must_use]
    pub fn dtype(mut self, dtype: Encoding) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// The precision of activations in quantized matmuls.
    #[must_use]
    pub fn activations(mut self, format: ActivationFormat) -> Self {
        self.activations = Some(format);
        self
    }

    /// Threads to compute with; an engine then has a pool of its own.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Computes with a pool that others compute with too.
    #[must_use]
    pub fn compute(mut self, compute: Arc<Compute>) -> Self {
        self.compute = Some(compute);
        self
    }

    /// Says where the weights are once the model is open.
    #[must_use]
    pub fn holding(mut self, holding: Holding) -> Self {
        self.holding = holding;
        self
    }

    /// Splits text before byte-level BPE by one of the names of [`pre_tokenizers`](crate::pre_tokenizers), whatever the model's
    /// files say: for a GGUF file whose name for it is missing, wrong or not known.
    ///
    /// ```
    /// let engine = beamline::OpenOptions::new().pre("llama-bpe").open("builtin")?;
    /// assert_eq!(engine.tokenizer().ids("1234")?.len(), 4);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    #[must_use]
    pub fn pre(mut self, name: &str) -> Self {
        self.pre = Some(name.to_owned());
        self
    }

    /// Finds and loads a model. A name is `builtin`, a folder, a `.gguf` file, or one on the hub; see [`ModelName`].
    ///
    /// # Errors
    /// When there is no such model, it cannot be had, or it is not valid.
    pub fn open(&self, name: &str) -> Result<Engine, Error> {
        self.open_with(name, &mut ())
    }

    /// Finds and loads a model; `progress` hears of downloads.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with(&self, name: &str, progress: &mut dyn Progress) -> Result<Engine, Error> {
        Opened::find(&name.parse()?, progress)?.load(self)
    }
}

/// Hears of downloads.
#[cfg(feature = "hub")]
pub use beamline_hub::Progress;

/// Hears of downloads; there are none without the hub.
#[cfg(not(feature = "hub"))]
pub trait Progress {}
#[cfg(not(feature = "hub"))]
impl Progress for () {}

/// A model whose files have been opened, before its weights and its vocabulary are read: cheap, and enough to check
/// options.
pub struct Opened {
    name: String,
    checkpoint: Checkpoint,
    /// The files of a vocabulary that does not lie with the weights.
    files: FolderFiles,
    /// How text is to be split, whatever the files say.
    pre: Option<String>,
    defaults: Defaults,
    chat: ChatTemplates,
    started: Instant,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Opened {
    /// Finds a model and opens its files; one on the hub is downloaded first where the cache has not got it.
    ///
    /// # Errors
    /// When there is no such model, it cannot be had, or its files are not valid.
    pub fn find(name: &ModelName, progress: &mut dyn Progress) -> Result<Self, Error> {
        let shown = name.to_string();
        match name {
            ModelName::Builtin => Self::builtin(shown),
            ModelName::Path(path) => Self::at(shown, path),
            #[cfg(feature = "hub")]
            ModelName::Hub(reference) => {
                let path = beamline_hub::Hub::from_env()?.resolve(reference, progress)?;
                Self::at(shown, &path)
            }
        }
    }

    #[cfg(feature = "builtin")]
    fn builtin(name: String) -> Result<Self, Error> {
        let started = Instant::now();
        let checkpoint = Checkpoint::embedded("builtin", beamline_builtin::MODEL)?;
        Self::new(name, checkpoint, started)
    }

    #[cfg(not(feature = "builtin"))]
    fn builtin(name: String) -> Result<Self, Error> {
        Err(Error::NoModel { name, reason: "this program was built without it".to_owned() })
    }

    fn at(name: String, path: &Path) -> Result<Self, Error> {
        let started = Instant::now();
        if !path.exists() {
            return Err(Error::NoModel {
                name: path.display().to_string(),
                reason: "no such file or folder".to_owned(),
            });
        }
        Self::new(name, Checkpoint::open(path)?, started)
    }

    /// Reads what lies with the weights: the model's own settings, and the files of its vocabulary.
    fn new(name: String, checkpoint: Checkpoint, started: Instant) -> Result<Self, Error> {
        let (files, mut defaults, chat) = if let Some(gguf) = checkpoint.gguf()? {
            (FolderFiles::default(), vocabulary::defaults(&gguf), templates::in_gguf(&name, &gguf))
        } else {
            let read = |name: &str| file::fetched(&checkpoint.path().join(name));
            let files = vocabulary::files(checkpoint.path())?;
            if !files.has_vocabulary() {
                vocabulary::from_folder(&files, checkpoint.path(), None)?; // says which files it looked for
            }
            let generation = checkpoint.path().join("generation_config.json").exists();
            let generation = generation.then(|| read("generation_config.json")).transpose()?;
            let mut defaults = Defaults::read(generation.as_deref(), &read("config.json")?);
            if checkpoint.is_text_part() {
                defaults.warnings.push(
                    "the model has parts beside the text part, such as one for images, which are not read".to_owned(),
                );
            }
            (files, defaults, templates::in_folder(&name, checkpoint.path()))
        };
        defaults.fit(checkpoint.geometry().vocab);
        Ok(Self { name, checkpoint, files, pre: None, defaults, chat, started })
    }

    /// Makes the tokenizer.
    ///
    /// # Errors
    /// When the vocabulary is missing, or of an unknown kind, or contradicts itself.
    pub fn tokenizer(&self) -> Result<Tokenizer, Error> {
        let pre = self.pre.as_deref();
        if let Some(gguf) = self.checkpoint.gguf()? {
            return vocabulary::from_gguf(&gguf, self.checkpoint.path(), pre);
        }
        vocabulary::from_folder(&self.files, self.checkpoint.path(), pre)
    }

    /// Splits text before byte-level BPE as one of [`pre_tokenizers`](crate::pre_tokenizers) says, whatever the files say.
    ///
    /// # Errors
    /// When the name is not known.
    pub fn pre(mut self, name: &str) -> Result<Self, Error> {
        vocabulary::known(name, self.checkpoint.path())?;
        self.pre = Some(name.to_owned());
        Ok(self)
    }

    /// What the model is made of: its width, its heads, its tensors.
    ///
    /// ```
    /// use beamline::Opened;
    /// let structure = Opened::find(&"builtin".parse()?, &mut ())?.structure()?;
    /// assert!(structure.tensors.iter().any(|tensor| tensor.shape == [8192, structure.width]));
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// Never, since the same files have been read once.
    pub fn structure(&self) -> Result<Structure, Error> {
        Ok(self.checkpoint.structure()?)
    }

    /// The model's sizes: its vocabulary, which may be padded beyond the tokenizer's, and its context.
    ///
    /// ```
    /// use beamline::Opened;
    /// assert_eq!(Opened::find(&"builtin".parse()?, &mut ())?.geometry().vocab, 8192);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn geometry(&self) -> Geometry {
        self.checkpoint.geometry()
    }

    /// What a user should hear about the model's files.
    pub fn warnings(&self) -> &[String] {
        &self.defaults.warnings
    }

    /// The chat templates that come with the model.
    ///
    /// ```
    /// let opened = beamline::Opened::find(&"builtin".parse()?, &mut ())?;
    /// assert_eq!(opened.chat_templates().names().count(), 0);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    pub fn chat_templates(&self) -> &ChatTemplates {
        &self.chat
    }

    /// Checks settings against the model's own, before the weights are read.
    ///
    /// # Errors
    /// When an option has no effect under the strategy asked for, or names a token that does not exist.
    pub fn check(&self, settings: &crate::Options) -> Result<(), Error> {
        settings.check_ranges()?;
        let mut all = settings.over(&self.defaults.settings).with_preset();
        options::reconcile(&mut all, self.checkpoint.geometry().vocab);
        options::check(&all, self.checkpoint.geometry().vocab)
    }

    /// All files that the model is made of, by name.
    fn paths(&self) -> Files {
        if let Some(bytes) = self.checkpoint.embedded_bytes() {
            return Files::Embedded(bytes);
        }
        let mut paths: Vec<PathBuf> = self.checkpoint.files().map(Path::to_owned).collect();
        if self.checkpoint.path().is_dir() {
            paths.extend(beside(self.checkpoint.path()));
            paths.extend(beside(&self.checkpoint.path().join("additional_chat_templates")));
        }
        paths.sort();
        paths.dedup();
        Files::Paths(paths)
    }

    /// Reads the weights and the vocabulary, side by side. With [`Holding::Mapped`] plain floats are read, and looked at, by
    /// the first pass: NaN or infinity among them is an error of whatever is computed first
    /// ([`beamline_model::ModelError::Weights`]).
    ///
    /// # Errors
    /// When the vocabulary or a tensor is missing or not valid, or threads cannot be had.
    pub fn load(mut self, options: &OpenOptions) -> Result<Engine, Error> {
        if let Some(name) = &options.pre {
            self = self.pre(name)?;
        }
        let compute = match &options.compute {
            Some(compute) => Arc::clone(compute),
            None => Arc::new(Compute::from_env(options.threads)?),
        };
        let files = self.paths();
        let OpenOptions { dtype, activations, holding, .. } = *options;
        let weights = LoadOptions { dtype, activations, holding, check: Check::FirstPass };
        let (tokenizer, loaded) = std::thread::scope(|scope| {
            // Where the system gives no thread, one is read after the other.
            let aside = std::thread::Builder::new().spawn_scoped(scope, || self.tokenizer()).ok();
            let loaded = self.checkpoint.load(weights, &compute);
            if let (Ok(loaded), Some(aside)) = (&loaded, &aside) {
                loaded.touch(&|| !aside.is_finished());
            }
            let tokenizer = match aside {
                Some(aside) => aside.join().unwrap_or_else(|panic| resume_unwind(panic)),
                None => self.tokenizer(),
            };
            (tokenizer, loaded)
        });
        let (tokenizer, loaded) = (tokenizer?, loaded?);
        let seconds = self.started.elapsed().as_secs_f64();
        Ok(Engine::new(self.name, loaded, tokenizer, (self.defaults, self.chat), compute, seconds).of_files(files))
    }
}

/// The files of a folder that are no weights, and of which some say how a model is to be used.
fn beside(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let says = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        ["json", "txt", "model", "jinja"].contains(&ending) && path.is_file()
    };
    all.filter(says).collect()
}

impl Engine {
    /// Finds and loads a model as it is stored, on all cores; [`OpenOptions`] says more. A name is `builtin`, a folder, a
    /// `.gguf` file, or one on the hub; see [`ModelName`].
    ///
    /// ```
    /// let engine = beamline::Engine::open("builtin")?;
    /// assert_eq!(engine.description().architecture, "gpt2");
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such model, it cannot be had, or it is not valid.
    #[doc(alias = "from_pretrained")]
    pub fn open(name: &str) -> Result<Self, Error> {
        OpenOptions::new().open(name)
    }
}
