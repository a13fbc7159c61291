"""E162x: secrets in configs of network devices."""

from __future__ import annotations

from .entry import Entry

ENTRIES: dict[str, Entry] = {
    "E1620": Entry(
        "mask-key-weak",
        "設定の秘密を伏せるための鍵が短すぎるか、単純すぎます（{bytes} バイト、{least} バイト以上が必要）",
        "the key that masks secrets is too short or too simple ({bytes} bytes; at least {least})",
        "WARDOPS_CONFIG_MASK_KEY に乱数で作った鍵を入れてください（例：openssl rand -hex 32）。鍵を変えると全機器の伏せ字が変わります",
        "put a random key into WARDOPS_CONFIG_MASK_KEY (openssl rand -hex 32); a new key changes the masks of all devices",
    ),
    "E1621": Entry(
        "mask-rule-is-none",
        "秘密を見つける規則が正しくありません: {rule}（{reason}）",
        "this is no rule for secrets: {rule} ({reason})",
        "規則の書き方は docs/developers-network.md の「Masking rules」にあります",
        "docs/developers-network.md, 'Masking rules', says how a rule is written",
    ),
    "E1622": Entry(
        "secret-left",
        "秘密を伏せた後の設定に、同じ秘密がまだ残っています。この設定は保存していません",
        "the masked config still holds one of its secrets; it was not stored",
        "その機器の設定を人が確認し、規則（plugins/module_utils/network/secrets）を直してください。設定を課題票やメールに貼らないでください",
        "have a person look at the device's config and mend the rules (plugins/module_utils/network/secrets); paste it nowhere",
    ),
    "E1623": Entry(
        "mask-set-unknown",
        "秘密を見つける規則の組 {name} がありません",
        "there is no set of rules for secrets named {name}",
        "use に書けるのは次のいずれかです: {known}",
        "use takes one of these: {known}",
    ),
}
