// What the lab says as a whole: its views, the bar, the prompt.
import { define } from "./words.js";

export const say = define({
  en: {
    lab: "beamline lab", views: "Views", skip: "Skip to the content", play: "Play", shape: "Shape", beams: "Beams", tree: "Tree", compare: "Compare", score: "Score",
    tokens: "Tokens", model: "Model", learn: "Learn", language: "Language", theme: "Dark", unit: "Probabilities as", percent: "percent", nats: "log p (nats)",
    bits: "log p (bits)", keys: "Keys", undo: "Undo", redo: "Redo", loading: "The model is being loaded …", away: "The server is away; the lab goes on when it is back.",
    ending: "The server is about to end.", broken: "The model broke while it ran; start the server anew.", prompt: "Prompt", examples: "Examples", chat: "As a chat message",
    generate: "Generate", one: "One token", stop: "Stop", options: "How tokens are chosen", speed: "{n} tokens/s", key: "This server asks for a key", giveKey: "Use it",
    close: "Close", work: "Work", newWork: "New", works: "Kept in this browser", forget: "Forget", export: "Export this run", replay: "Replay a file", same: "identical: {n} tokens, to the bit",
    differs: "differs: {why}", noRun: "Nothing was generated in this branch yet.", link: "Copy link", copied: "Copied.", unkept: "The work could not be kept in this browser: {why}",
    asking: "Asking the server …", view: "View", anyView: "Everywhere",
    tour: "Tour", fold: "Fold", unfold: "Unfold", toLearn: "All scenes", endTour: "End the tour", nextScene: "Next:", beforeScene: "Scene before", tourKey: "to the tour's text and back", otherModel: "The text tells what the built-in model does; here {model} runs, and its tokens and numbers may differ.", generating: "Generating …", came: "Done, {n} tokens.", anew: "From the prompt",
  },
  ko: {
    lab: "beamline 실험실", views: "화면", skip: "본문 바로가기", play: "놀이터", shape: "분포", beams: "빔", tree: "트리", compare: "비교", score: "점수",
    tokens: "토큰", model: "모델", learn: "배우기", language: "언어", theme: "어둡게", unit: "확률 표시", percent: "퍼센트", nats: "log p (내트)",
    bits: "log p (비트)", keys: "단축키", undo: "되돌리기", redo: "다시 실행", loading: "모델을 불러오는 중입니다 …", away: "서버에 연결할 수 없습니다. 다시 연결되면 이어집니다.",
    ending: "서버가 곧 종료됩니다.", broken: "실행 중에 모델에 오류가 났습니다. 서버를 다시 시작하세요.", prompt: "프롬프트", examples: "예문", chat: "대화 메시지로",
    generate: "생성", one: "토큰 하나", stop: "중지", options: "토큰을 고르는 방법", speed: "초당 토큰 {n}개", key: "이 서버를 쓰려면 키가 필요합니다", giveKey: "사용",
    close: "닫기", work: "작업", newWork: "새 작업", works: "이 브라우저에 저장된 작업", forget: "지우기", export: "이 실행 내보내기", replay: "파일로 다시 실행", same: "동일: 토큰 {n}개, 비트까지 같음",
    differs: "다름: {why}", noRun: "이 가지에는 아직 생성한 것이 없습니다.", link: "링크 복사", copied: "복사했습니다.", unkept: "이 브라우저에 저장하지 못했습니다: {why}",
    asking: "서버에 연결하는 중 …", view: "이 화면", anyView: "모든 화면",
    tour: "둘러보기", fold: "접기", unfold: "펼치기", toLearn: "목차", endTour: "둘러보기 끝내기", nextScene: "다음:", beforeScene: "이전 장면", tourKey: "둘러보기 설명으로 갔다가 돌아오기", otherModel: "설명은 내장 모델을 기준으로 합니다. 지금은 {model} 모델이 실행 중이어서 토큰과 숫자가 다를 수 있습니다.", generating: "생성하는 중 …", came: "끝났습니다. 토큰 {n}개.", anew: "프롬프트부터 다시",
  },
  zh: {
    lab: "beamline 实验室", views: "视图", skip: "跳到主要内容", play: "试写", shape: "分布", beams: "束", tree: "树", compare: "比较", score: "打分",
    tokens: "token", model: "模型", learn: "学习", language: "语言", theme: "深色", unit: "概率的表示", percent: "百分比", nats: "log p（奈特）",
    bits: "log p（比特）", keys: "快捷键", undo: "撤销", redo: "重做", loading: "正在加载模型 …", away: "暂时连不上服务器；恢复后会自动继续。",
    ending: "服务器即将结束。", broken: "模型在运行中出错；请重新启动服务器。", prompt: "提示词", examples: "例子", chat: "作为聊天消息",
    generate: "生成", one: "一个 token", stop: "停止", options: "如何选择 token", speed: "每秒 {n} 个 token", key: "此服务器需要密钥", giveKey: "使用",
    close: "关闭", work: "项目", newWork: "新建项目", works: "保存在此浏览器中的项目", forget: "删除", export: "导出这次运行", replay: "用文件重新运行", same: "完全相同：{n} 个 token，逐位一致",
    differs: "不同：{why}", noRun: "这个分支还没有生成过内容。", link: "复制链接", copied: "已复制。", unkept: "无法在此浏览器中保存：{why}",
    asking: "正在连接服务器 …", view: "当前视图", anyView: "所有视图",
    tour: "导览", fold: "收起", unfold: "展开", toLearn: "目录", endTour: "结束导览", nextScene: "下一幕：", beforeScene: "上一幕", tourKey: "到导览文字，再按一次返回", otherModel: "文字说明以内置模型为准；现在运行的是 {model}，token 和数字可能不同。", generating: "正在生成 …", came: "完成，{n} 个 token。", anew: "从提示词重新生成",
  },
  ja: {
    lab: "beamline ラボ", views: "ビュー", skip: "本文へ移動", play: "プレイ", shape: "分布", beams: "ビーム", tree: "ツリー", compare: "比較", score: "スコア",
    tokens: "トークン", model: "モデル", learn: "学ぶ", language: "言語", theme: "ダーク", unit: "確率の表示", percent: "パーセント", nats: "log p（ナット）",
    bits: "log p（ビット）", keys: "キー操作", undo: "元に戻す", redo: "やり直す", loading: "モデルを読み込んでいます …", away: "サーバーに接続できません。つながりしだい続けます。",
    ending: "サーバーがまもなく終了します。", broken: "実行中にモデルでエラーが起きました。サーバーを起動し直してください。", prompt: "プロンプト", examples: "例文", chat: "チャットのメッセージとして",
    generate: "生成", one: "1 トークン", stop: "停止", options: "トークンの選び方", speed: "毎秒 {n} トークン", key: "このサーバーにはキーが必要です", giveKey: "使う",
    close: "閉じる", work: "作業", newWork: "新規", works: "このブラウザーに保存した作業", forget: "削除", export: "この実行を書き出す", replay: "ファイルから再実行", same: "同一：{n} トークン、ビットまで一致",
    differs: "相違：{why}", noRun: "この枝ではまだ何も生成していません。", link: "リンクをコピー", copied: "コピーしました。", unkept: "このブラウザーに保存できませんでした：{why}",
    asking: "サーバーに接続しています …", view: "このビュー", anyView: "すべてのビュー",
    tour: "ツアー", fold: "たたむ", unfold: "開く", toLearn: "目次", endTour: "ツアーを終える", nextScene: "次へ：", beforeScene: "前の場面", tourKey: "ツアーの説明へ移動、もう一度で戻る", otherModel: "説明は内蔵モデルについてのものです。いまは {model} が動いているので、トークンや数値が異なることがあります。", generating: "生成しています …", came: "完了、{n} トークン。", anew: "プロンプトから再生成",
  },
});
