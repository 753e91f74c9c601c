// What the parts that views share say.
import { define } from "../words/words.js";

export const say = define({
  en: {
    method: "Method", greedy_search: "Greedy search", sampling: "Sampling", beam_search: "Beam search", beam_sample: "Beam sampling", contrastive_search: "Contrastive search",
    exact_search: "Exact search", max_new_tokens: "New tokens, at most", temperature: "Temperature", top_k: "Top-k", top_p: "Top-p (nucleus)", min_p: "Min-p", typical_p: "Typical",
    repetition_penalty: "Repetition penalty", presence_penalty: "Presence penalty", frequency_penalty: "Frequency penalty", no_repeat_ngram_size: "No repeated n-gram of", num_beams: "Beams",
    length_penalty: "Length penalty", early_stopping: "Stop early", penalty_alpha: "Penalty α", seed: "Seed", keep: "Keep the seed", off: "off", others: "Other options", add: "Set an option",
    remove: "Take it back", all: "all", rest: "all other {n} tokens", removed: "removed by {by}", alternatives: "What could follow", rank: "rank", token: "token", preset: "Order of processors",
    copy: "Copy", basics: "Choice", penalties: "Penalties", notJson: "{name} must be written as JSON, such as [1, 2]",
    command: "Command line", doHere: "Do it in {view}", doStep: "{n}. Do it in {view}", showAnswer: "Show the answer",
  },
  ko: {
    method: "방법", greedy_search: "그리디 서치", sampling: "샘플링", beam_search: "빔 서치", beam_sample: "빔 샘플링", contrastive_search: "대조 탐색",
    exact_search: "정확 탐색", max_new_tokens: "새 토큰 수(최대)", temperature: "온도", top_k: "탑-k", top_p: "탑-p(뉴클리어스)", min_p: "min-p", typical_p: "전형성",
    repetition_penalty: "반복 페널티", presence_penalty: "출현 페널티", frequency_penalty: "빈도 페널티", no_repeat_ngram_size: "반복을 금지할 n-그램 크기", num_beams: "빔 수",
    length_penalty: "길이 페널티", early_stopping: "일찍 멈춤", penalty_alpha: "페널티 α", seed: "시드", keep: "시드 고정", off: "끔", others: "다른 옵션", add: "옵션 추가",
    remove: "취소", all: "전부", rest: "나머지 토큰 {n}개", removed: "{by}에서 제거됨", alternatives: "다음에 올 수 있는 토큰", rank: "순위", token: "토큰", preset: "처리기 순서",
    copy: "복사", basics: "선택", penalties: "페널티", notJson: "{name}: [1, 2] 같은 JSON 형식으로 쓰세요",
    command: "명령줄", doHere: "{view}에서 해 보기", doStep: "{n}. {view}에서 해 보기", showAnswer: "답 보기",
  },
  zh: {
    method: "方法", greedy_search: "贪心搜索", sampling: "采样", beam_search: "束搜索", beam_sample: "束采样", contrastive_search: "对比搜索",
    exact_search: "精确搜索", max_new_tokens: "新 token 数上限", temperature: "温度", top_k: "Top-k", top_p: "Top-p（核采样）", min_p: "Min-p", typical_p: "典型性",
    repetition_penalty: "重复惩罚", presence_penalty: "出现惩罚", frequency_penalty: "频率惩罚", no_repeat_ngram_size: "禁止重复的 n-gram 长度", num_beams: "束的数目",
    length_penalty: "长度惩罚", early_stopping: "提前停止", penalty_alpha: "惩罚 α", seed: "种子", keep: "固定种子", off: "关", others: "其他选项", add: "添加选项",
    remove: "取消", all: "全部", rest: "其余 {n} 个 token", removed: "被 {by} 去掉", alternatives: "后面可能出现的 token", rank: "排名", token: "token", preset: "处理器顺序",
    copy: "复制", basics: "选择", penalties: "惩罚", notJson: "{name} 要写成 JSON，例如 [1, 2]",
    command: "命令行", doHere: "在“{view}”里试试", doStep: "{n}. 在“{view}”里试试", showAnswer: "看答案",
  },
  ja: {
    method: "方法", greedy_search: "貪欲法", sampling: "サンプリング", beam_search: "ビームサーチ", beam_sample: "ビームサンプリング", contrastive_search: "対照探索",
    exact_search: "厳密探索", max_new_tokens: "新しいトークン数の上限", temperature: "温度", top_k: "Top-k", top_p: "Top-p（ニュークリアス）", min_p: "Min-p", typical_p: "典型性",
    repetition_penalty: "繰り返しペナルティ", presence_penalty: "出現ペナルティ", frequency_penalty: "頻度ペナルティ", no_repeat_ngram_size: "繰り返さない n-gram の長さ", num_beams: "ビームの数",
    length_penalty: "長さペナルティ", early_stopping: "早期終了", penalty_alpha: "ペナルティ α", seed: "シード", keep: "シードを固定", off: "オフ", others: "ほかのオプション", add: "オプションを追加",
    remove: "取り消す", all: "すべて", rest: "残り {n} トークン", removed: "{by} により除外", alternatives: "続きの候補", rank: "順位", token: "トークン", preset: "プロセッサーの順序",
    copy: "コピー", basics: "選択", penalties: "ペナルティ", notJson: "{name} は [1, 2] のような JSON で書いてください",
    command: "コマンドライン", doHere: "「{view}」で試す", doStep: "{n}. 「{view}」で試す", showAnswer: "答えを見る",
  },
});
