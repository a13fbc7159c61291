"""E1970 to E1979: mails and notices."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1970": Entry(
        "mail-header-wrong",
        "メールのあて先・差出人・件名に使えない値です: {value}",
        "this cannot be an address or a subject of a mail: {value}",
        "policies/mail.yml と課コード、件名の改行を確かめてください。何も送っていません",
        "look at policies/mail.yml, the section's code, and line breaks in the subject; nothing was sent",
    ),
    "E1971": Entry(
        "mail-leaves-the-ward",
        "許可されていないドメインあてです: {value}（許可: {domains}）",
        "mails may not go to that domain: {value} (allowed: {domains})",
        "あて先を直すか、policies/mail.yml の domains を見直してください。何も送っていません",
        "mend the address, or domains in policies/mail.yml; nothing was sent",
    ),
    "E1972": Entry(
        "mail-login-refused",
        "メールサーバーに入れません（利用者 {user}）",
        "the mail server refuses the login of {user}",
        "WARDOPS_MAIL_USER と WARDOPS_MAIL_PASSWORD を確かめてください。何も送っていません",
        "check WARDOPS_MAIL_USER and WARDOPS_MAIL_PASSWORD; nothing was sent",
    ),
    "E1973": Entry(
        "mail-no-connection",
        "メールサーバーに安全につながりません: {reason}",
        "no secure connection to the mail server: {reason}",
        "policies/mail.yml の server・port・security・ca と証明書を確かめ、もう一度実行してください。送った分は二度送られません",
        "check server, port, security and ca in policies/mail.yml, and the certificate; try again: nothing is sent twice",
    ),
    "E1974": Entry(
        "mail-journal-damaged",
        "送信記録（outbox.jsonl）の行が壊れています",
        "a line of the journal of sent mails is damaged",
        "メールサーバーの記録と照らし合わせて行を直してください。直すまで送りません",
        "mend the line by the mail server's log; nothing is sent until then",
    ),
    "E1975": Entry(
        "notice-template-wrong",
        "文面のひな形が使えません: {reason_ja}",
        "the template of the notice cannot be used: {reason}",
        "policies/notices/ のひな形のその行を直してください（使える語は手引き「周知と案内」）",
        "mend that line of the template in policies/notices/ (the guide lists the words)",
    ),
    "E1976": Entry(
        "notice-not-approved",
        "{cycle} のいまの計画には、系統 {layer} の全体適用の日程か承認がありません",
        "the plan of {cycle} as it is has no date, or no approval, for the last ring of {layer}",
        "計画と decisions.yml の承認記録を確かめてください。承認の前は、送らずにファイルだけを作れます",
        "look at the plan and the approvals in decisions.yml; before the approval only files are made",
    ),
    "E1977": Entry(
        "mail-needs-a-look",
        "送れなかった、または送れたか分からないメールがあります: 拒否 {refused} 件、延期 {deferred} 件、不明 {unknown} 件",
        "mails were not sent, or nobody knows: refused {refused}, deferred {deferred}, unknown {unknown}",
        "拒否はあて先を直し、延期はもう一度実行し、不明はメールサーバーの記録で調べて wardops notices --settle で記録してください",
        "mend refused addresses, run again for deferred ones, look unknown ones up in the server's log and say so with notices --settle",
    ),
    "E1978": Entry(
        "notice-of-what-is-held",
        "{cycle} の系統 {layer} は保留中です（{at} {by}: {why}）",
        "{cycle} is held in {layer} ({at} {by}: {why})",
        "保留を解いてから送ってください（resume_patches.yml）。ファイルだけなら作れます",
        "send after the hold is lifted (resume_patches.yml); files can be made",
    ),
    "E1979": Entry(
        "mail-not-to-settle",
        "調べた結果を記録できるメールではありません: {id}（状態 {state}）",
        "no mail that can be settled: {id} (state {state})",
        "Message-ID を確かめてください。記録できるのは「不明」と「拒否」だけです",
        "check the Message-ID; only those that are unknown or refused can be settled",
    ),
}
