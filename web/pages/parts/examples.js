// Prompts to begin with: those of the chapter and its notes, in their languages.

export const examples = [
  { lang: "en", text: "Transformers are the" },
  { lang: "en", text: "In a shocking finding, scientist discovered a herd of unicorns living in a remote, previously unexplored valley, in the Andes Mountains. Even more surprising to the researchers was the fact that the unicorns spoke perfect English.\n\n" },
  { lang: "en", text: "Once upon a time" },
  { lang: "en", text: "The capital of France is" },
  { lang: "ko", text: "근육이 커지기 위해서는" },
  { lang: "ko", text: "안녕하세요, 저는" },
  { lang: "zh", text: "今天天气很好，我们" },
  { lang: "ja", text: "昔々あるところに" },
];
