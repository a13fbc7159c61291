"""E190x-E192x: patch staging: rings, cycles, gates."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1900": Entry(
        "patch-ring-unknown",
        "系統 {layer} にリング {ring} はありません（ある: {known}）",
        "layer {layer} has no ring {ring} (known: {known})",
        "rings.yml のコード、名称、または語（test / pilot / broad）で指定してください",
        "give a code, a name or a word (test / pilot / broad) of rings.yml",
    ),
    "E1901": Entry(
        "patch-cycle-file",
        "{what} の値を使えません: {value}（{reason_ja}）",
        "the value of {what} cannot be used: {value} ({reason})",
        "ファイルのこの行を直してください（様式 docs/operators/patch_staging.md）",
        "mend this line of the file (its form: docs/operators/patch_staging.md)",
    ),
    "E1902": Entry(
        "patch-cycle-missing",
        "更新サイクル {cycle} の計画がありません",
        "there is no plan for the patch cycle {cycle}",
        "先に plan_patch_cycle.yml を実行し、結果をコミットしてください",
        "run plan_patch_cycle.yml first and commit what it writes",
    ),
    "E1903": Entry(
        "patch-plan-edited",
        "計画の内容がダイジェストと一致しません（記載 {stated}、内容 {found}）",
        "the plan is not what its digest says (stated {stated}, found {found})",
        "plan.yml を手で直さないでください。decisions.yml に書き、計画をもう一度作ってください",
        "do not edit plan.yml: write into decisions.yml and plan again",
    ),
    "E1904": Entry(
        "patch-update-changed",
        "計画のあとに更新プログラムが変わりました: KB{kb} {update}（{reason_ja}）",
        "an update changed after the plan: KB{kb} {update} ({reason})",
        "何も変更していません。計画を作り直し、協議からやり直してください",
        "nothing was changed: plan again and have the new plan approved",
    ),
    "E1905": Entry(
        "patch-gate-red",
        "{layer} の {ring} へ進めません: {reason_ja}",
        "{layer} may not go on to {ring}: {reason}",
        "理由を解消するか、保留（hold_patches.yml）にしてください。判定を切るスイッチはありません",
        "settle the reason, or hold the cycle (hold_patches.yml); there is no switch that turns the gate off",
    ),
    "E1906": Entry(
        "patch-run-held",
        "別の実行が進行中です: {holder}",
        "another run is under way: {holder}",
        "その実行が終わるまで待って、もう一度実行してください",
        "wait until it ends, then run again",
    ),
    "E1907": Entry(
        "patch-nothing-in-scope",
        "この期間に対象の更新プログラムがありません（{since} 以降、一覧 {count} 件）",
        "no update of this period is in scope (since {since}, {count} in the list)",
        "サーバーの同期日時と update_policy.yml を確かめてください",
        "look at the server's last synchronisation and at update_policy.yml",
    ),
    "E1908": Entry(
        "patch-hold-over",
        "KB{kb} の保留の期限が {day} に切れています",
        "the hold of KB{kb} ended on {day}",
        "update_policy.yml の保留を延ばす（理由と承認者）か、消してください",
        "prolong the hold in update_policy.yml (reason, approver) or take it out",
    ),
    "E1909": Entry(
        "patch-snapshot-damaged",
        "適用状況の記録を読めません（{reason}）",
        "a record of patch states cannot be read ({reason})",
        "バックアップから戻してください。記録は書き換えないものです",
        "restore it from a backup; these records are never edited",
    ),
    "E1910": Entry(
        "patch-question-unknown",
        "{what} の記録がありません: {value}",
        "there is no record of {what}: {value}",
        "番号と期間を確かめてください（wardops patch list で一覧）",
        "check the number and the period (wardops patch list shows what there is)",
    ),
    "E1911": Entry(
        "patch-plan-approved",
        "承認済みの計画 {cycle} と内容が変わります（承認 {application}）",
        "the plan {cycle} would differ from what was approved ({application})",
        "作り直すなら、承認の記録を decisions.yml から外し、協議からやり直してください（replan=true）",
        "to plan again, take the approval out of decisions.yml and have the new plan approved (replan=true)",
    ),
    "E1912": Entry(
        "patch-no-date",
        "{layer} の {ring} の適用日を決められません（{day} から {days} 日間、開庁日がないか凍結中）",
        "no day for {ring} in {layer}: {days} days from {day} on are closed or frozen",
        "calendars.yml の凍結期間を確かめるか、decisions.yml の dates に理由と承認者を付けて日付を書いてください",
        "look at the freezes in calendars.yml, or give a date with reason and approver in decisions.yml",
    ),
    "E1913": Entry(
        "patch-logons",
        "AD のログオン一覧の値を使えません: {what} {value}（{reason_ja}）",
        "the value of {what} in the list of AD logons cannot be used: {value} ({reason})",
        "一覧を作り直してください（様式 docs/operators/patch_compliance.md）",
        "make the list anew (its form: docs/operators/patch_compliance.md)",
    ),
    "E1914": Entry(
        "patch-no-snapshot",
        "{layer} の {cycle} の適用状況の記録がありません（{day} まで）",
        "there is no snapshot of {cycle} in {layer} up to {day}",
        "check_patch_gate.yml を毎朝実行してください。記録の置き場所は WARDOPS_PATCH_STATE です",
        "run check_patch_gate.yml every morning; WARDOPS_PATCH_STATE says where the snapshots are",
    ),
    "E1915": Entry(
        "patch-none-left",
        "{layer} の {cycle} に、絞り込みに合う端末がありません（{limit}）",
        "no terminal of {cycle} in {layer} is left by the limit ({limit})",
        "リングや課の指定、--limit を確かめてください",
        "check the ring, the section or --limit",
    ),
    "E1916": Entry(
        "patch-whole-ring",
        "段階適用は台帳のリング全体に行います。--limit（{limit}）では絞れません",
        "patches are staged for whole rings of the ledger: --limit ({limit}) cannot narrow that",
        "何も変更していません。--limit を外してください。端末を除くときは decisions.yml の exclusions に書きます",
        "nothing was changed: leave --limit out; to leave terminals out write them under exclusions in decisions.yml",
    ),
}
