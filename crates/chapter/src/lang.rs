//! The languages, and what the walk itself says in them.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A language of the chapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Korean.
    Ko,
    /// Chinese, in simplified characters.
    Zh,
    /// Japanese.
    Ja,
}

/// No language of the chapter has this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no such language; choose one of en, ko, zh, ja")]
pub struct UnknownLang;

/// What the walk itself says, beside the texts of the scenes.
#[derive(Debug)]
pub struct Messages {
    /// The language's own name.
    pub language: &'static str,
    /// The chapter's title.
    pub title: &'static str,
    /// What the chapter is, above a list of its scenes.
    pub about: &'static str,
    /// How to see a scene, below that list.
    pub how: &'static str,
    /// Heading of the commands.
    pub try_it: &'static str,
    /// Heading of the question.
    pub question: &'static str,
    /// Heading of the answer.
    pub answer: &'static str,
    /// Before the commands run.
    pub enter_to_run: &'static str,
    /// Before the answer is shown.
    pub enter_for_answer: &'static str,
    /// Before the next scene of several.
    pub enter_for_next: &'static str,
    /// Before the command line that shows the next scene.
    pub next: &'static str,
    /// What to know where another model than the built-in one runs.
    pub other_model: &'static str,
}

impl Lang {
    /// All languages; the first is the one that is shown where nothing is known of the reader.
    pub const ALL: [Self; 4] = [Self::En, Self::Ko, Self::Zh, Self::Ja];

    /// The language's code (ISO 639): `en`, `ko`, `zh` or `ja`.
    pub fn code(self) -> &'static str {
        ["en", "ko", "zh", "ja"][self as usize]
    }

    /// The language of a POSIX locale such as `ko_KR.UTF-8`; none for `C`, `POSIX`, and languages that the chapter does not have.
    ///
    /// ```
    /// use beamline_chapter::Lang;
    ///
    /// assert_eq!(Lang::from_locale("ko_KR.UTF-8"), Some(Lang::Ko));
    /// assert_eq!(Lang::from_locale("C.UTF-8"), None);
    /// ```
    pub fn from_locale(locale: &str) -> Option<Self> {
        let code = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        code.to_ascii_lowercase().parse().ok()
    }

    /// What the walk says in this language.
    pub fn messages(self) -> &'static Messages {
        [&EN, &KO, &ZH, &JA][self as usize]
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(code: &str) -> Result<Self, UnknownLang> {
        Self::ALL.into_iter().find(|lang| lang.code() == code).ok_or(UnknownLang)
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

static EN: Messages = Messages {
    language: "English",
    title: "How a language model writes",
    about: "Every scene says what one method does, runs it, and asks a question. The texts speak of what the built-in model prints.",
    how: "Show a scene:",
    try_it: "Try it",
    question: "Question",
    answer: "Answer",
    enter_to_run: "Press Enter to run it.",
    enter_for_answer: "Press Enter for the answer.",
    enter_for_next: "Press Enter for the next scene.",
    next: "Next:",
    other_model: "The text speaks of the built-in model; another model may give other numbers.",
};

static KO: Messages = Messages {
    language: "한국어",
    title: "언어 모델은 어떻게 글을 쓰는가",
    about: "장면마다 방법 하나를 설명하고, 직접 실행해 보고, 질문을 하나 던집니다. 설명은 내장 모델의 출력을 기준으로 썼습니다.",
    how: "장면 보기:",
    try_it: "해 보기",
    question: "질문",
    answer: "답",
    enter_to_run: "Enter를 누르면 실행합니다.",
    enter_for_answer: "Enter를 누르면 답을 보여 줍니다.",
    enter_for_next: "Enter를 누르면 다음 장면으로 갑니다.",
    next: "다음:",
    other_model: "설명은 내장 모델을 기준으로 합니다. 다른 모델에서는 숫자가 다를 수 있습니다.",
};

static ZH: Messages = Messages {
    language: "中文",
    title: "语言模型是怎样写作的",
    about: "每一幕介绍一种方法，当场运行，再提一个问题。文字说明以内置模型的输出为准。",
    how: "查看某一幕：",
    try_it: "动手试试",
    question: "问题",
    answer: "答案",
    enter_to_run: "按回车键运行。",
    enter_for_answer: "按回车键看答案。",
    enter_for_next: "按回车键看下一幕。",
    next: "下一幕：",
    other_model: "文字说明以内置模型为准；换成别的模型，数字可能不同。",
};

static JA: Messages = Messages {
    language: "日本語",
    title: "言語モデルはどのように文章を書くのか",
    about: "各場面では、手法をひとつ説明し、実際に動かし、問いをひとつ出します。説明は内蔵モデルの出力に基づいています。",
    how: "場面を見るには:",
    try_it: "試してみる",
    question: "問い",
    answer: "答え",
    enter_to_run: "Enter キーを押すと実行します。",
    enter_for_answer: "Enter キーを押すと答えを表示します。",
    enter_for_next: "Enter キーを押すと次の場面に進みます。",
    next: "次へ:",
    other_model: "説明は内蔵モデルについてのものです。ほかのモデルでは数値が変わることがあります。",
};
