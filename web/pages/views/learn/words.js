// What Learn says beside the chapter's texts.
import { define } from "../../words/words.js";

export const say = define({
  en: {
    scenes: "Scenes", done: "done", progress: "{n} of {all} scenes done", print: "Print the tour", again: "Start over", before: "Previous scene", next: "Next scene",
    act: "do the scene's next command", answer: "show the answer", waiting: "The chapter is on its way …", other: "Here {model} runs: its tokens and numbers may differ from those in the text.", tryIt: "Try it",
  },
  ko: {
    scenes: "목차", done: "마침", progress: "장면 {all}개 중 {n}개 마침", print: "전체 인쇄", again: "처음부터 다시", before: "이전 장면", next: "다음 장면",
    act: "장면의 다음 명령 해 보기", answer: "답 보기", waiting: "설명을 불러오는 중입니다 …", other: "지금은 {model} 모델이 실행 중입니다. 토큰과 숫자가 설명과 다를 수 있습니다.", tryIt: "해 보기",
  },
  zh: {
    scenes: "目录", done: "已完成", progress: "共 {all} 幕，已完成 {n} 幕", print: "打印全部", again: "从头开始", before: "上一幕", next: "下一幕",
    act: "执行这一幕的下一条命令", answer: "看答案", waiting: "正在加载章节 …", other: "现在运行的是 {model}：token 和数字可能与文字说明不同。", tryIt: "动手试试",
  },
  ja: {
    scenes: "目次", done: "済み", progress: "全 {all} 場面のうち {n} 場面が済み", print: "すべて印刷", again: "最初からやり直す", before: "前の場面", next: "次の場面",
    act: "この場面の次のコマンドを試す", answer: "答えを見る", waiting: "説明を読み込んでいます …", other: "いまは {model} が動いています。トークンや数値が説明と異なることがあります。", tryIt: "試してみる",
  },
});
