// What Shape says.
import { define } from "../../words/words.js";

export const say = define({
  en: {
    look: "Look", place: "Place in the text", placeOf: "after token {i} of {n}", behind: "look behind {token}", earlierPlace: "one token back", laterPlace: "one token on",
    empty: "Write a prompt: what may follow it is shown over the whole vocabulary.", chain: "The chain", preset: "Order of processors", resetOrder: "The preset's order again",
    ownOrder: "an order of your own", dragHint: "from left to right, as they act; drag a card or use ‹ › to try another order", earlier: "{name}: earlier", later: "{name}: later",
    off: "off", greedy: "at 0 the best is taken", onlyDrawing: "acts only where tokens are drawn", byServer: "computed by the server alone", noEffect: "nothing to do here", removed: "removes {n}, {share}", leftTokens: "{n} left",
    rank: "rank", token: "token", raw: "raw", modelOwn: "the model's own", draw: "draw", gone: "removed", cameNext: "came next in the text", drawnHere: "what this seed draws", others: "all {n} other tokens",
    table: "Tokens by rank, and their probability after each processor", asking: "asking the server …", beyondAsking: "only the server can compute {names}; asking …",
    same: "The server agrees: largest difference {d}, {n} tokens in every stage", compareAll: "Compare all {n}", beyond: "The page cannot compute {names}: this is the server's table",
    refused: "The server refuses: {why}", otherOrder: "The server has other processors in this chain; its table is shown", otherCount: "After {stage} the page has {here} tokens, the server {there}; its table is shown",
    otherToken: "{token} differs after {stage}: {here} here, {there} by the server; its table is shown", oneStep: "This is one step of the search that is chosen. What beams make of it is in Beams.",
    find: "Find a token", jump: "Go there", notFound: "no token has this text", found: "{n} tokens", foundAt: "{token}: rank {rank} ({i} of {n})", hold: "Hold for comparison", take: "Take this token", takeKey: "take the token",
    rowUp: "row above", rowDown: "row below", pageUp: "a page up", pageDown: "a page down", first: "best token", last: "last token", formula: "How this token fares", before: "before",
    isBest: "it is the best, so it is taken", notBest: "not taken: {token} is better", curves: "Curves", log: "log–log", linear: "linear", sum: "cumulative", after: "after", topPSees: "what top-p sees",
    logAbout: "Probability by rank, both axes logarithmic", linearAbout: "Probability by rank", sumAbout: "What the best tokens hold together, by rank", measures: "Measures", left: "tokens left",
    choices: "effective choices e^H", entropy: "entropy H", varentropy: "varentropy V (nat²)", best: "best token", quadrant: "Entropy and varentropy", quadrantHint: "Where the quadrants meet is a matter of taste.",
    sure: "sure", fork: "a few paths", flat: "evenly unsure", torn: "unsure, with favourites", multiples: "Other temperatures", multiple: "temperature {t}: {n} effective choices, {left} tokens left", choicesShort: "e^H {n}",
    multiplesHint: "The twelve best tokens from {token} on, at the end of the chain; heights by the square root.",
  },
  ko: {
    look: "보기", place: "글 속의 자리", placeOf: "토큰 {n}개 중 {i}번째 뒤", behind: "{token} 뒤 보기", earlierPlace: "한 토큰 앞으로", laterPlace: "한 토큰 뒤로",
    empty: "프롬프트를 쓰면 어휘 전체에서 무엇이 이어질 수 있는지 보여 줍니다.", chain: "처리기 사슬", preset: "처리기 순서", resetOrder: "프리셋 순서로 되돌리기",
    ownOrder: "직접 정한 순서", dragHint: "왼쪽부터 작용하는 순서대로. 카드를 끌거나 ‹ ›로 순서를 바꿔 보세요", earlier: "{name}: 앞으로", later: "{name}: 뒤로",
    off: "끔", greedy: "0이면 1위를 고름", onlyDrawing: "토큰을 뽑을 때만 작용", byServer: "서버만 계산", noEffect: "여기서는 할 일 없음", removed: "{n}개 제거, {share}", leftTokens: "{n}개 남음",
    rank: "순위", token: "토큰", raw: "원래", modelOwn: "모델 그대로", draw: "뽑기", gone: "제거됨", cameNext: "글에서 다음에 온 토큰", drawnHere: "이 시드가 뽑는 토큰", others: "나머지 토큰 {n}개",
    table: "순위별 토큰과 처리기마다의 확률", asking: "서버에 묻는 중 …", beyondAsking: "{names}: 서버만 계산할 수 있습니다. 묻는 중 …",
    same: "서버와 일치: 최대 차이 {d}, 모든 단계에서 토큰 {n}개 비교", compareAll: "{n}개 모두 비교", beyond: "{names}: 페이지가 계산할 수 없어 서버의 표를 보여 줍니다",
    refused: "서버가 거절함: {why}", otherOrder: "서버의 사슬에는 다른 처리기가 있습니다. 서버의 표를 보여 줍니다", otherCount: "{stage} 다음에 페이지는 토큰 {here}개, 서버는 {there}개입니다. 서버의 표를 보여 줍니다",
    otherToken: "{stage} 다음에 {token}이(가) 다릅니다: 페이지 {here}, 서버 {there}. 서버의 표를 보여 줍니다", oneStep: "고른 탐색의 한 단계입니다. 빔이 이것으로 무엇을 하는지는 ‘빔’에 있습니다.",
    find: "토큰 찾기", jump: "그리로", notFound: "이런 글의 토큰이 없습니다", found: "토큰 {n}개", foundAt: "{token}: {rank}위 ({n}개 중 {i}번째)", hold: "비교용으로 붙잡기", take: "이 토큰 고르기", takeKey: "토큰 고르기",
    rowUp: "위 줄", rowDown: "아래 줄", pageUp: "한 쪽 위", pageDown: "한 쪽 아래", first: "가장 좋은 토큰", last: "마지막 토큰", formula: "이 토큰이 지나온 길", before: "이전",
    isBest: "가장 높으므로 고릅니다", notBest: "고르지 않음: {token}이(가) 더 높습니다", curves: "곡선", log: "로그–로그", linear: "선형", sum: "누적", after: "처리 후", topPSees: "탑-p가 보는 것",
    logAbout: "순위별 확률, 두 축 모두 로그", linearAbout: "순위별 확률", sumAbout: "상위 토큰들이 함께 가진 확률", measures: "지표", left: "남은 토큰",
    choices: "유효 선택지 수 e^H", entropy: "엔트로피 H", varentropy: "엔트로피 분산 V (nat²)", best: "1위 토큰", quadrant: "엔트로피와 그 분산", quadrantHint: "사분면의 경계는 취향의 문제입니다.",
    sure: "확신", fork: "몇 갈래", flat: "고르게 불확실", torn: "불확실하나 선호 있음", multiples: "다른 온도", multiple: "온도 {t}: 유효 선택지 {n}개, 토큰 {left}개 남음", choicesShort: "e^H {n}",
    multiplesHint: "{token}부터 상위 토큰 열두 개, 사슬 끝에서. 높이는 제곱근.",
  },
  zh: {
    look: "查看", place: "文本中的位置", placeOf: "第 {i} 个 token 之后，共 {n} 个", behind: "查看 {token} 之后", earlierPlace: "后退一个 token", laterPlace: "前进一个 token",
    empty: "写一段提示词：这里会在整个词表上显示后面可能出现什么。", chain: "处理器链", preset: "处理器顺序", resetOrder: "恢复预设顺序",
    ownOrder: "自定义顺序", dragHint: "从左到右即作用顺序；拖动卡片或用 ‹ › 试试别的顺序", earlier: "{name}：提前", later: "{name}：推后",
    off: "关", greedy: "为 0 时取最大者", onlyDrawing: "只在抽取 token 时起作用", byServer: "只由服务器计算", noEffect: "此处无事可做", removed: "去掉 {n} 个，{share}", leftTokens: "剩 {n} 个",
    rank: "排名", token: "token", raw: "原始", modelOwn: "模型原样", draw: "抽取", gone: "已去掉", cameNext: "文本中接下来的 token", drawnHere: "此种子抽到的 token", others: "其余全部 {n} 个 token",
    table: "按排名的 token 及其在每个处理器之后的概率", asking: "正在询问服务器 …", beyondAsking: "{names} 只有服务器能计算；正在询问 …",
    same: "与服务器一致：最大差异 {d}，每一步比较 {n} 个 token", compareAll: "比较全部 {n} 个", beyond: "页面无法计算 {names}：显示的是服务器的表",
    refused: "服务器拒绝：{why}", otherOrder: "服务器的链中处理器不同；显示服务器的表", otherCount: "{stage} 之后页面剩 {here} 个 token，服务器剩 {there} 个；显示服务器的表",
    otherToken: "{token} 在 {stage} 之后不同：页面 {here}，服务器 {there}；显示服务器的表", oneStep: "这是所选搜索的一步。束如何使用它，见“束”视图。",
    find: "查找 token", jump: "前往", notFound: "没有这样的 token", found: "{n} 个 token", foundAt: "{token}：排名 {rank}（第 {i} 个，共 {n} 个）", hold: "留作比较", take: "选这个 token", takeKey: "选取 token",
    rowUp: "上一行", rowDown: "下一行", pageUp: "上一页", pageDown: "下一页", first: "最佳 token", last: "最后一个 token", formula: "这个 token 的经过", before: "之前",
    isBest: "它最大，因此被选中", notBest: "未选中：{token} 更大", curves: "曲线", log: "双对数", linear: "线性", sum: "累积", after: "之后", topPSees: "top-p 看到的",
    logAbout: "按排名的概率，两轴均为对数", linearAbout: "按排名的概率", sumAbout: "排名靠前的 token 合计的概率", measures: "度量", left: "剩余 token",
    choices: "有效选择数 e^H", entropy: "熵 H", varentropy: "熵方差 V (nat²)", best: "最佳 token", quadrant: "熵与熵方差", quadrantHint: "象限的分界只是惯例。",
    sure: "确定", fork: "几条路", flat: "均匀地不确定", torn: "不确定但有偏好", multiples: "其他温度", multiple: "温度 {t}：有效选择 {n} 个，剩 {left} 个 token", choicesShort: "e^H {n}",
    multiplesHint: "从 {token} 起的十二个最佳 token，在链的末端；高度取平方根。",
  },
  ja: {
    look: "見る", place: "テキスト中の位置", placeOf: "{n} 個中 {i} 番目のトークンの後", behind: "{token} の後を見る", earlierPlace: "1 トークン前へ", laterPlace: "1 トークン先へ",
    empty: "プロンプトを書くと、続きの候補が語彙全体で表示されます。", chain: "プロセッサーの連鎖", preset: "プロセッサーの順序", resetOrder: "プリセットの順序に戻す",
    ownOrder: "独自の順序", dragHint: "左から順に働きます。カードをドラッグするか ‹ › で順序を変えられます", earlier: "{name}：前へ", later: "{name}：後へ",
    off: "オフ", greedy: "0 では最大を選ぶ", onlyDrawing: "トークンを引くときだけ働く", byServer: "サーバーだけが計算", noEffect: "ここでは何もしない", removed: "{n} 個を除外、{share}", leftTokens: "残り {n} 個",
    rank: "順位", token: "トークン", raw: "元の値", modelOwn: "モデルのまま", draw: "抽選", gone: "除外", cameNext: "テキストで次に来たトークン", drawnHere: "このシードで引かれるトークン", others: "残りすべて {n} トークン",
    table: "順位順のトークンと各プロセッサー後の確率", asking: "サーバーに問い合わせています …", beyondAsking: "{names} はサーバーだけが計算できます。問い合わせています …",
    same: "サーバーと一致：最大差 {d}、各段階で {n} トークンを比較", compareAll: "{n} 個すべて比較", beyond: "{names} はページでは計算できません。サーバーの表を表示しています",
    refused: "サーバーが拒否しました：{why}", otherOrder: "サーバーの連鎖には別のプロセッサーがあります。サーバーの表を表示しています", otherCount: "{stage} の後、ページでは {here} 個、サーバーでは {there} 個です。サーバーの表を表示しています",
    otherToken: "{stage} の後で {token} が異なります：ページ {here}、サーバー {there}。サーバーの表を表示しています", oneStep: "選ばれた探索の 1 ステップです。ビームがこれをどう使うかは「ビーム」にあります。",
    find: "トークンを探す", jump: "移動", notFound: "このテキストのトークンはありません", found: "{n} トークン", foundAt: "{token}：{rank} 位（{n} 個中 {i} 個目）", hold: "比較のために固定", take: "このトークンを選ぶ", takeKey: "トークンを選ぶ",
    rowUp: "上の行", rowDown: "下の行", pageUp: "1 ページ上", pageDown: "1 ページ下", first: "最良のトークン", last: "最後のトークン", formula: "このトークンの経過", before: "変更前",
    isBest: "最大なので選ばれます", notBest: "選ばれません：{token} の方が大きい", curves: "曲線", log: "両対数", linear: "線形", sum: "累積", after: "処理後", topPSees: "top-p が見る分布",
    logAbout: "順位ごとの確率、両軸とも対数", linearAbout: "順位ごとの確率", sumAbout: "上位トークンが合わせて持つ確率", measures: "指標", left: "残りトークン",
    choices: "実効選択肢数 e^H", entropy: "エントロピー H", varentropy: "エントロピー分散 V (nat²)", best: "最良のトークン", quadrant: "エントロピーとその分散", quadrantHint: "象限の境目は好みの問題です。",
    sure: "確信", fork: "数本の道", flat: "一様に不確か", torn: "不確かだが好みあり", multiples: "ほかの温度", multiple: "温度 {t}：実効選択肢 {n}、残り {left} トークン", choicesShort: "e^H {n}",
    multiplesHint: "{token} からの上位 12 トークン、連鎖の終わりで。高さは平方根。",
  },
});

/** The processors by the names that readers know. */
const named = define({
  en: {
    raw: "raw", draw: "draw", log_softmax: "log p", repetition_penalty: "repetition", frequency_penalty: "frequency", presence_penalty: "presence", no_repeat_ngram_size: "no n-gram twice", temperature: "temperature",
    top_k: "top-k", top_p: "top-p", min_p: "min-p", typical_p: "typical", sequence_bias: "bias", suppress_tokens: "suppressed", bad_words_ids: "bad words", min_length: "min. length", min_new_tokens: "min. new", grammar: "grammar",
  },
  ko: {
    raw: "원래", draw: "뽑기", log_softmax: "log p", repetition_penalty: "반복", frequency_penalty: "빈도", presence_penalty: "출현", no_repeat_ngram_size: "n-그램 금지", temperature: "온도",
    top_k: "탑-k", top_p: "탑-p", min_p: "min-p", typical_p: "전형성", sequence_bias: "편향", suppress_tokens: "억제", bad_words_ids: "금지어", min_length: "최소 길이", min_new_tokens: "최소 새 토큰", grammar: "문법",
  },
  zh: {
    raw: "原始", draw: "抽取", log_softmax: "log p", repetition_penalty: "重复", frequency_penalty: "频率", presence_penalty: "出现", no_repeat_ngram_size: "禁重复 n-gram", temperature: "温度",
    top_k: "top-k", top_p: "top-p", min_p: "min-p", typical_p: "典型性", sequence_bias: "偏置", suppress_tokens: "禁用", bad_words_ids: "禁词", min_length: "最短长度", min_new_tokens: "最少新增", grammar: "语法",
  },
  ja: {
    raw: "元の値", draw: "抽選", log_softmax: "log p", repetition_penalty: "繰り返し", frequency_penalty: "頻度", presence_penalty: "出現", no_repeat_ngram_size: "n-gram 禁止", temperature: "温度",
    top_k: "top-k", top_p: "top-p", min_p: "min-p", typical_p: "典型性", sequence_bias: "バイアス", suppress_tokens: "抑制", bad_words_ids: "禁止語", min_length: "最小長", min_new_tokens: "最少新規", grammar: "文法",
  },
});

/** Names that have a word; the others are called as the option is. */
const WORDS = new Set(["raw", "draw", "log_softmax", "repetition_penalty", "frequency_penalty", "presence_penalty", "no_repeat_ngram_size", "temperature", "top_k", "top_p", "min_p", "typical_p", "sequence_bias", "suppress_tokens", "bad_words_ids", "min_length", "min_new_tokens", "grammar"]);

/** A processor's name. @param {string} name */
export const said = (name) => (WORDS.has(name) ? named(/** @type {any} */ (name)) : name);
