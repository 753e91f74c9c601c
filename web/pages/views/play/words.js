// What Play says.
import { define } from "../../words/words.js";

export const say = define({
  en: {
    colour: "Colour by", probability: "probability", surprisal: "surprisal", entropy: "entropy", rank: "rank", margin: "lead over the second", gap: "raw against processed", none: "nothing",
    signs: "Spaces as signs", strip: "Tokens", empty: "Write a prompt and generate: every token can be looked into.", next: "What could follow {token}", choose: "Point at a token, or choose one.",
    chosen: "chosen", entropyOf: "Entropy", choices: "effective choices", drawn: "drawn: {coin} fell between {from} and {to}", processors: "Processors", removedMass: "{by} removed {n} tokens, {share}",
    take: "Take it and go on", insert: "Take only this one", never: "Never again", more: "More often", less: "Less often", copyId: "Copy id {id}", whatIf: "What if: 20 greedy tokens", actions: "What to do with {token}",
    whole: "The whole vocabulary, in Shape",
    spin: "Draw 100 times", spun: "{n} of 100; expected {p}", left: "token before", right: "token after", up: "alternative above", down: "alternative below", takeKey: "take the alternative", menuKey: "what to do with the alternative",
    unsure: "next place where the model was unsure", unsureBack: "the one before", fork: "next fork: the second was nearly as good", before: "branch before", after: "branch after",
    branches: "Branches", text: "The text", copyText: "Copy the text", sum: "Sum of log p", perplexity: "Perplexity", count: "New tokens: {n}", spark: "Surprise of each token", bytes: "bytes",
    ghost: "{token} would go on:", unknown: "The model has not been asked yet what follows here.", ask: "Ask", find: "Find a token: how probable was it here?", notFound: "no token has this text", foundMore: "{n} tokens have it; the {k} that fit best:",
  },
  ko: {
    colour: "색 기준", probability: "확률", surprisal: "놀람도", entropy: "엔트로피", rank: "순위", margin: "2위와의 차이", gap: "처리 전후 차이", none: "없음",
    signs: "공백을 기호로", strip: "토큰", empty: "프롬프트를 쓰고 생성해 보세요. 토큰 하나하나를 들여다볼 수 있습니다.", next: "{token} 다음에 올 수 있는 토큰", choose: "토큰을 가리키거나 고르세요.",
    chosen: "선택됨", entropyOf: "엔트로피", choices: "유효 선택지 수", drawn: "뽑기: {coin} ({from} ~ {to} 구간)", processors: "처리기", removedMass: "{by}: 토큰 {n}개 제거, {share}",
    take: "고르고 이어 가기", insert: "이 토큰만 고르기", never: "다시 나오지 않게", more: "더 자주", less: "덜 자주", copyId: "id {id} 복사", whatIf: "이 토큰이라면: 그리디로 20토큰", actions: "{token}: 할 수 있는 일",
    whole: "어휘 전체를 분포에서 보기",
    spin: "100번 뽑기", spun: "100번 중 {n}번, 기댓값 {p}", left: "이전 토큰", right: "다음 토큰", up: "위 후보", down: "아래 후보", takeKey: "후보 고르기", menuKey: "후보로 할 수 있는 일",
    unsure: "다음으로 모델이 망설인 자리", unsureBack: "이전에 모델이 망설인 자리", fork: "다음 갈림길: 2위도 거의 같은 확률", before: "이전 가지", after: "다음 가지",
    branches: "가지", text: "글", copyText: "글 복사", sum: "log p의 합", perplexity: "퍼플렉시티", count: "새 토큰 {n}개", spark: "토큰별 놀람도", bytes: "바이트",
    ghost: "{token} 선택 시:", unknown: "여기서 무엇이 이어질지 아직 모델에 묻지 않았습니다.", ask: "물어보기", find: "토큰 찾기: 여기서 얼마나 그럴듯했을까?", notFound: "이런 글자가 든 토큰이 없습니다", foundMore: "토큰 {n}개에 들어 있습니다. 가장 맞는 {k}개:",
  },
  zh: {
    colour: "着色依据", probability: "概率", surprisal: "惊讶度", entropy: "熵", rank: "排名", margin: "领先第二名", gap: "处理前后之差", none: "无",
    signs: "空格显示为符号", strip: "token", empty: "写一段提示词，然后生成：每个 token 都可以细看。", next: "{token} 之后可能出现的 token", choose: "指向或选择一个 token。",
    chosen: "已选", entropyOf: "熵", choices: "有效选择数", drawn: "抽取：{coin} 落在 {from} 与 {to} 之间", processors: "处理器", removedMass: "{by} 去掉 {n} 个 token，{share}",
    take: "选它并继续", insert: "只选这一个", never: "不再出现", more: "更常出现", less: "更少出现", copyId: "复制 id {id}", whatIf: "假如选它：贪心搜索 20 个 token", actions: "对 {token} 的操作",
    whole: "在“分布”中看整个词表",
    spin: "抽 100 次", spun: "100 次中 {n} 次，期望值 {p}", left: "前一个 token", right: "后一个 token", up: "上一个候选", down: "下一个候选", takeKey: "选这个候选", menuKey: "对这个候选的操作",
    unsure: "下一个模型犹豫之处", unsureBack: "上一个犹豫之处", fork: "下一个岔路口：第二名几乎一样可能", before: "前一分支", after: "后一分支",
    branches: "分支", text: "文本", copyText: "复制文本", sum: "log p 之和", perplexity: "困惑度", count: "新 token：{n} 个", spark: "每个 token 的惊讶度", bytes: "字节",
    ghost: "选了 {token}，接下来会是：", unknown: "还没有问过模型这里后面是什么。", ask: "问模型", find: "查找 token：它在这里的概率有多大？", notFound: "没有 token 含有这段文字", foundMore: "{n} 个 token 含有它；最相符的 {k} 个：",
  },
  ja: {
    colour: "色の基準", probability: "確率", surprisal: "驚き度", entropy: "エントロピー", rank: "順位", margin: "2 位との差", gap: "処理前後の差", none: "なし",
    signs: "空白を記号で", strip: "トークン", empty: "プロンプトを書いて生成すると、どのトークンも詳しく見られます。", next: "{token} に続きうるトークン", choose: "トークンを指すか、選んでください。",
    chosen: "選択", entropyOf: "エントロピー", choices: "実効的な選択肢の数", drawn: "抽選：{coin} は {from} と {to} の間に落ちた", processors: "プロセッサー", removedMass: "{by} が {n} 個を除外、{share}",
    take: "これを選んで続ける", insert: "これだけ選ぶ", never: "もう出さない", more: "出やすく", less: "出にくく", copyId: "id {id} をコピー", whatIf: "もしこれなら：貪欲法で 20 トークン", actions: "{token} への操作",
    whole: "語彙全体を「分布」で見る",
    spin: "100 回引く", spun: "100 回中 {n} 回、期待値 {p}", left: "前のトークン", right: "次のトークン", up: "上の候補", down: "下の候補", takeKey: "候補を選ぶ", menuKey: "候補への操作",
    unsure: "モデルが迷った次の場所", unsureBack: "モデルが迷った前の場所", fork: "次の分かれ道：2 位もほぼ同じ確率", before: "前の枝", after: "次の枝",
    branches: "枝", text: "テキスト", copyText: "テキストをコピー", sum: "log p の和", perplexity: "パープレキシティ", count: "新しいトークン：{n} 個", spark: "各トークンの驚き度", bytes: "バイト",
    ghost: "{token} を選ぶと、続きは：", unknown: "ここに何が続くか、まだモデルに聞いていません。", ask: "モデルに聞く", find: "トークンを探す：ここではどれほどの確率だった？", notFound: "この文字を含むトークンはありません", foundMore: "{n} トークンに含まれています。最も合う {k} 個：",
  },
});
