// What the shell says: views, the bar, the prompt.
import { define } from "../words/words.js";

export const say = define({
  en: {
    lab: "beamline lab", views: "Views", skip: "Skip to the content", play: "Play", shape: "Shape", beams: "Beams", tree: "Tree", compare: "Compare", score: "Score",
    tokens: "Tokens", model: "Model", learn: "Learn", language: "Language", theme: "Dark", unit: "Probabilities as", percent: "percent", nats: "log p (nats)",
    bits: "log p (bits)", keys: "Keys", undo: "Undo", redo: "Redo", loading: "The model is being loaded …", away: "The server is away; the lab goes on when it is back.",
    ending: "The server is about to end.", broken: "The model broke while it ran; start the server anew.", prompt: "Prompt", examples: "Examples", chat: "As a chat message",
    generate: "Generate", one: "One token", stop: "Stop", options: "How tokens are chosen", speed: "{n} tokens/s", key: "This server asks for a key", giveKey: "Use it",
    close: "Close", work: "Work", newWork: "New", works: "Kept in this browser", forget: "Forget", export: "Export this run", replay: "Replay a file", same: "identical: {n} tokens, to the bit",
    differs: "differs: {why}", noRun: "Nothing was generated in this branch yet.", link: "Copy link", copied: "Copied.", unkept: "The work could not be kept in this browser: {why}",
    asking: "Asking the server …", view: "View", anyView: "Everywhere", config: "Effective options", option: "option", value: "value", origin: "set by",
    notApplied: "no effect with this search", origin_config: "you", origin_model: "the model's files", origin_default: "default", origin_preset: "the preset", runs: "Runs",
  },
  ko: {
    lab: "beamline 실험실", views: "보기", skip: "본문으로 건너뛰기", play: "놀이", shape: "분포", beams: "빔", tree: "트리", compare: "비교", score: "점수",
    tokens: "토큰", model: "모델", learn: "배우기", language: "언어", theme: "어둡게", unit: "확률 단위", percent: "퍼센트", nats: "log p (내트)",
    bits: "log p (비트)", keys: "단축키", undo: "되돌리기", redo: "다시 하기", loading: "모델을 불러오는 중입니다 …", away: "서버에 닿지 않습니다. 돌아오면 이어집니다.",
    ending: "서버가 곧 끝납니다.", broken: "실행 중에 모델이 멈췄습니다. 서버를 다시 시작하세요.", prompt: "프롬프트", examples: "예문", chat: "대화 메시지로",
    generate: "생성", one: "토큰 하나", stop: "멈춤", options: "토큰을 고르는 방법", speed: "초당 {n} 토큰", key: "이 서버는 키를 요구합니다", giveKey: "사용",
    close: "닫기", work: "작업", newWork: "새 작업", works: "이 브라우저에 저장됨", forget: "지우기", export: "이 실행 내보내기", replay: "파일 재실행", same: "동일: 토큰 {n}개, 비트까지 같음",
    differs: "다름: {why}", noRun: "이 가지에는 아직 생성한 것이 없습니다.", link: "링크 복사", copied: "복사했습니다.", unkept: "이 브라우저에 저장하지 못했습니다: {why}",
    asking: "서버에 묻는 중 …", view: "보기", anyView: "어디서나", config: "적용된 옵션", option: "옵션", value: "값", origin: "정한 곳",
    notApplied: "이 탐색에서는 효과 없음", origin_config: "사용자", origin_model: "모델 파일", origin_default: "기본값", origin_preset: "프리셋", runs: "실행 기록",
  },
  zh: {
    lab: "beamline 实验室", views: "视图", skip: "跳到正文", play: "试玩", shape: "分布", beams: "束", tree: "树", compare: "比较", score: "打分",
    tokens: "词元", model: "模型", learn: "学习", language: "语言", theme: "深色", unit: "概率单位", percent: "百分比", nats: "log p（奈特）",
    bits: "log p（比特）", keys: "快捷键", undo: "撤销", redo: "重做", loading: "正在加载模型 …", away: "服务器暂时不在；它回来后会继续。",
    ending: "服务器即将结束。", broken: "模型在运行中出错；请重新启动服务器。", prompt: "提示", examples: "例子", chat: "作为聊天消息",
    generate: "生成", one: "一个 token", stop: "停止", options: "如何选择 token", speed: "每秒 {n} 个 token", key: "此服务器需要密钥", giveKey: "使用",
    close: "关闭", work: "工作", newWork: "新建", works: "保存在此浏览器中", forget: "删除", export: "导出这次运行", replay: "重放文件", same: "完全相同：{n} 个 token，逐位一致",
    differs: "不同：{why}", noRun: "这个分支还没有生成过内容。", link: "复制链接", copied: "已复制。", unkept: "无法保存在此浏览器中：{why}",
    asking: "正在询问服务器 …", view: "视图", anyView: "任何地方", config: "生效的选项", option: "选项", value: "值", origin: "来自",
    notApplied: "对这种搜索无效", origin_config: "你", origin_model: "模型文件", origin_default: "默认", origin_preset: "预设", runs: "运行记录",
  },
  ja: {
    lab: "beamline ラボ", views: "ビュー", skip: "本文へ移動", play: "あそぶ", shape: "分布", beams: "ビーム", tree: "木", compare: "比較", score: "スコア",
    tokens: "トークン", model: "モデル", learn: "学ぶ", language: "言語", theme: "ダーク", unit: "確率の単位", percent: "パーセント", nats: "log p（ナット）",
    bits: "log p（ビット）", keys: "キー操作", undo: "元に戻す", redo: "やり直す", loading: "モデルを読み込んでいます …", away: "サーバーに届きません。戻りしだい続けます。",
    ending: "サーバーがまもなく終了します。", broken: "実行中にモデルが壊れました。サーバーを起動し直してください。", prompt: "プロンプト", examples: "例文", chat: "チャットのメッセージとして",
    generate: "生成", one: "1 トークン", stop: "停止", options: "トークンの選び方", speed: "毎秒 {n} トークン", key: "このサーバーにはキーが必要です", giveKey: "使う",
    close: "閉じる", work: "作業", newWork: "新規", works: "このブラウザーに保存", forget: "削除", export: "この実行を書き出す", replay: "ファイルを再実行", same: "同一：{n} トークン、ビットまで一致",
    differs: "相違：{why}", noRun: "この枝ではまだ何も生成していません。", link: "リンクをコピー", copied: "コピーしました。", unkept: "このブラウザーに保存できませんでした：{why}",
    asking: "サーバーに問い合わせています …", view: "ビュー", anyView: "どこでも", config: "有効なオプション", option: "オプション", value: "値", origin: "設定元",
    notApplied: "この探索では効果なし", origin_config: "あなた", origin_model: "モデルのファイル", origin_default: "既定値", origin_preset: "プリセット", runs: "実行履歴",
  },
});
