"""E1920 to E1929 and E1933 to E1938: bundles between network layers."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1920": Entry(
        "bundle-not-signed",
        "署名できません: {reason}",
        "it cannot be signed: {reason}",
        "--key に自分の SSH 署名鍵（エージェントやトークンなら .pub）を指定してください。何も作られていません",
        "give your SSH signing key with --key (its .pub, when an agent or token holds it); nothing was made",
    ),
    "E1921": Entry(
        "bundle-signature-wrong",
        "署名を確かめられません: {reason}",
        "the signature cannot be verified: {reason}",
        "取り込まないでください。作成者に連絡し、署名者一覧（policies/bundle_signers）と失効一覧を確かめて作り直してもらってください",
        "do not take it in: call its maker, check policies/bundle_signers and the revoked keys, and have it made again",
    ),
    "E1922": Entry(
        "bundle-manifest-wrong",
        "持込束の目録（manifest.json）が読めません: {reason}",
        "the manifest of the bundle cannot be read: {reason}",
        "同じ版の wardops で作り直してもらってください",
        "have it made again with the same version of wardops",
    ),
    "E1923": Entry(
        "bundle-is-there",
        "この番号の持込束がもうあります",
        "there is a bundle of this number already",
        "台帳（media_transfers）に行がなければ、途中で止まった残りです。フォルダを消してからもう一度実行してください",
        "when the ledger media_transfers has no line for it, it is left from a run that was stopped: delete the folder and try again",
    ),
    "E1924": Entry(
        "bundle-file-wrong",
        "持込束のファイルが目録と合いません: {reason_ja}",
        "a file of the bundle is not what the manifest says: {reason}",
        "何も取り込んでいません。媒体へ書き直し、それでも合わなければ作成元で確かめてください",
        "nothing was taken in: write the medium again; if it still differs, look where it was made",
    ),
    "E1925": Entry(
        "bundle-of-another-layer",
        "この系統（{layer}）あての持込束ではありません（{source} → {target}）",
        "this bundle is not for the layer {layer} ({source} to {target})",
        "正しい系統の管理端末で取り込んでください",
        "take it in on a control node of the right layer",
    ),
    "E1926": Entry(
        "bundle-seen-before",
        "この持込束か、より新しいものを取込み済みです（最後は {last} 番）",
        "this bundle or a newer one was taken in already (the last is {last})",
        "古い束は取り込めません。必要なら作成元で新しい番号の束を作ってください",
        "an old bundle is never taken in: have a new one made",
    ),
    "E1927": Entry(
        "bundle-before-it-missing",
        "前の持込束が取り込まれていません（取込み済み {last} 番、足りない {missing} 番）",
        "a bundle before it is missing (taken in: {last}, missing: {missing})",
        "足りない番号から順に取り込んでください",
        "take them in one after the other, beginning with the missing one",
    ),
    "E1928": Entry(
        "bundle-of-another-chain",
        "取込み済みの {last} 番につながらない持込束です",
        "this bundle does not follow number {last} that was taken in",
        "二つの管理端末で作られた疑いがあります。作成元の台帳（media_transfers）と照らし合わせてください",
        "perhaps two nodes make bundles: compare with the ledger media_transfers where it was made",
    ),
    "E1929": Entry(
        "bundle-not-approved",
        "{cycle} のいまの計画（{digest}）は、系統 {layer} のどのリングにも承認がありません",
        "the plan of {cycle} as it is ({digest}) is approved for no ring of the layer {layer}",
        "承認記録を decisions.yml に書いてから、もう一度実行してください",
        "write the approval into decisions.yml, then try again",
    ),
    "E1933": Entry(
        "bundle-carries-something-else",
        "持込束の中身が目録の言うものと違います（{what}）",
        "the bundle does not carry what its manifest says ({what})",
        "取り込まず、作成元で作り直してもらってください",
        "do not take it in: have it made again",
    ),
    "E1934": Entry(
        "bundle-policy-differs",
        "{policy} が作成元と違います。承認されたときと別のリングや対象で適用することになります",
        "{policy} differs from where the cycle was planned: rings or scope would be others than were approved",
        "方針の変更を先にこの系統へ反映（または作成元で反映）してから、もう一度実行してください",
        "bring the change of the policy to both layers first, then try again",
    ),
    "E1935": Entry(
        "bundle-over-local-edit",
        "前の取込みの後に、この系統で手直しされています（{bundle} は取り込んでいません）",
        "it was edited in this layer since the last bundle ({bundle} was not taken in)",
        "手直しを作成元の計画に反映するか、元に戻してから、もう一度実行してください",
        "bring the edit to where the cycle is planned, or undo it, then try again",
    ),
    "E1936": Entry(
        "bundle-medium-unfit",
        "媒体 {medium} では運べません: {reason_ja}",
        "the medium {medium} may not carry it: {reason}",
        "記録媒体台帳（media）で、使用中・保管中で暗号化された、どちらかの系統の媒体を選んでください",
        "choose an encrypted medium of either layer that the ledger media has as in use or stored",
    ),
}
