"""What stands under and in the fields of the record forms, for somebody who has never filled one in."""

from typing import Any

from queqiao.core.i18n import _, lazy
from queqiao.records.choices import Visibility
from queqiao.records.labels import LABELS
from queqiao.records.models import CatalogueRecord

# By kind of record and field; "" as kind holds for all.
HELPS: dict[tuple[str, str], Any] = {
    ("need", "title"): lazy("一句话说清要解决的问题，不超过 120 个字，不写公司名称。"),
    ("need", "problem"): lazy("现在卡在哪里、想达到什么效果。写清现象和条件，专家才能判断能不能做。"),
    ("need", "background"): lazy("用在什么产品、什么工序上，每年的产量或损失大约是多少。"),
    ("", "indicators"): lazy("每行一项，写明现有水平和目标，如：结合强度：现状 28 MPa，目标 ≥45 MPa"),
    ("achievement", "indicators"): lazy("每行一项，写明数值、单位和测试条件，如：结合强度：≥45 MPa（室温，GB/T 8642）"),
    ("need", "tried"): lazy("试过哪些办法、结果怎样，免得专家重复建议。没有试过可以不填。"),
    ("", "fields"): lazy("选最贴近的，最多 3 项。"),
    ("", "keywords"): lazy("用顿号、逗号或分号隔开，最多 10 个。"),
    ("need", "chain_nodes"): lazy("所在地区发布了产业链图谱的，请勾选所在环节；不确定可以不填。"),
    ("need", "bottleneck"): lazy("国内没有可替代来源、影响整条产业链的，请勾选。"),
    ("need", "budget"): lazy("可以写范围或大约的数，也可以写“面议”或留空。"),
    ("need", "deadline"): lazy("希望在什么时候以前解决。"),
    ("", "cooperation"): lazy("愿意采用的都可以勾选。"),
    ("need", "region_wish"): lazy("对合作方所在地有要求才填。"),
    ("need", "region"): lazy("需求所在的地区。匿名发布时也会显示。"),
    ("need", "contact_name"): lazy("谁来接洽。别人只看到姓，如“王**”；全名只有本单位和运营人员能看到。"),
    ("need", "contact_details"): lazy("手机号或电子邮箱。别人只看到“138****0000”，全部只有本单位和运营人员能看到。"),
    ("achievement", "result"): lazy("一句话，带一个数字，写做成了什么。"),
    ("achievement", "description"): lazy("技术原理、做法和已有的验证。"),
    ("achievement", "advantages"): lazy("和现在最好的办法相比，好在哪里、好多少。"),
    ("achievement", "application"): lazy("可以用在哪些行业、产品或工序上。"),
    ("achievement", "trl"): lazy("按实际验证过的程度选，不确定时选低的一级。"),
    ("achievement", "ip"): lazy("每行一项，写明种类、号码或件数、状态，如：发明专利 ZL202310123456.7（已授权）"),
    ("achievement", "team"): lazy("本单位已登记的专家。"),
    ("achievement", "price"): lazy("可以写大约的数，也可以写“面议”或留空。"),
    ("achievement", "policies"): lazy("职务科技成果赋权、单列管理等，有就填。"),
    ("expert", "title"): lazy("对外显示的姓名。"),
    ("expert", "record"): lazy("论文、专利、项目、成果，写最能说明能力的几项。"),
    ("expert", "availability"): lazy("如：每月可到企业 2 天，寒暑假可长期驻点。"),
    ("expert", "conflicts"): lazy("评审和对接时要回避的单位，每行一个。只有本单位和运营人员能看到。"),
    ("lab", "description"): lazy("做什么研究、能为企业做什么。"),
    ("lab", "equipment"): lazy("每行一台，写明名称、型号和主要参数。"),
    ("lab", "opening"): lazy("如：工作日 9:00 至 17:00，提前 3 天预约。"),
    ("lab", "terms"): lazy("收费办法、对样品和人员的要求。"),
    ("", "blind_title"): lazy("匿名发布时，陌生人看到的是这个标题。不要写出能认出单位的名称、型号和项目。"),
    ("", "valid_until"): lazy("到期后不再显示，到期前会提醒。不填则自发布起一年。"),
}
EXAMPLES: dict[tuple[str, str], Any] = {
    ("need", "budget"): lazy("100万~200万元"),
    ("achievement", "price"): lazy("约80万元"),
    ("", "keywords"): lazy("热喷涂、结合强度、耐磨"),
}
TRL_LEVELS: dict[int, Any] = {
    1: lazy("发现基本原理"),
    2: lazy("形成技术方案"),
    3: lazy("关键功能得到实验证明"),
    4: lazy("实验室环境下验证"),
    5: lazy("模拟真实环境下验证"),
    6: lazy("样机在模拟真实环境下演示"),
    7: lazy("样机在真实环境下演示"),
    8: lazy("产品定型并通过检验"),
    9: lazy("产品已批量应用"),
}


def visibility_choices(model: type[CatalogueRecord]) -> list[tuple[str, str]]:
    """Return the audiences of a kind of record, each with what it means; blind names exactly what strangers see."""
    shown = _("、").join(str(LABELS[name]) for name in model.BLIND)
    means = {
        Visibility.PUBLIC: _("公开：任何人都能看到全部内容和单位名称。"),
        Visibility.MEMBERS: _("仅会员：已通过审核的机构的人员能看到全部内容。"),
        Visibility.SCOPE: _("仅本范围：本单位所在的城市、园区、协会等范围内的机构能看到。"),
        Visibility.INVITED: _("仅受邀者：只有您邀请的机构或个人能看到。"),
        Visibility.BLIND: _(
            "匿名发布：陌生人只看到匿名标题和{shown}，单位显示为“某…（已实名）”；名称、其余内容和单位名称只给受邀者看。"
        ).format(shown=shown),
    }
    return [(key.value, text) for key, text in means.items()]
