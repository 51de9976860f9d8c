"""What the fields of catalogue records are called, in forms, on pages, in histories and in messages."""

from django.utils.functional import lazy as lazy_text

from queqiao.core.i18n import current_language, lazy

LABELS = {
    "title": lazy("名称"),
    "result": lazy("一句话成果"),
    "description": lazy("详细说明"),
    "advantages": lazy("与现有方案相比"),
    "application": lazy("应用场景"),
    "indicators": lazy("技术指标"),
    "trl": lazy("技术成熟度"),
    "stage": lazy("所处阶段"),
    "ip": lazy("知识产权"),
    "fields": lazy("技术领域"),
    "keywords": lazy("关键词"),
    "team": lazy("团队"),
    "cooperation": lazy("合作方式"),
    "price": lazy("意向价格"),
    "price_qualifier": lazy("价格精确程度"),
    "price_currency": lazy("价格币种"),
    "policies": lazy("试点政策"),
    "awards": lazy("获奖"),
    "region": lazy("地区"),
    "visibility": lazy("公开范围"),
    "blind_title": lazy("匿名标题"),
    "valid_until": lazy("有效期至"),
    "academic_title": lazy("职称"),
    "record": lazy("研究经历"),
    "availability": lazy("可服务时间"),
    "conflicts": lazy("需回避的单位"),
    "is_mentor": lazy("可任导师"),
    "is_commissioner": lazy("可任产业特派员"),
    "is_judge": lazy("可任评委"),
    "lab_kind": lazy("类别"),
    "equipment": lazy("仪器设备"),
    "opening": lazy("开放时间"),
    "terms": lazy("使用条件"),
    "live_link": lazy("直播地址"),
    "problem": lazy("技术难题"),
    "background": lazy("背景"),
    "tried": lazy("已尝试的办法"),
    "chain_nodes": lazy("产业链环节"),
    "bottleneck": lazy("卡脖子难题"),
    "budget_low": lazy("预算下限"),
    "budget_high": lazy("预算上限"),
    "budget_qualifier": lazy("预算精确程度"),
    "budget_currency": lazy("预算币种"),
    "deadline": lazy("期望完成日期"),
    "region_wish": lazy("合作方地区意向"),
    "contact_name": lazy("联系人"),
    "contact_details": lazy("联系电话或邮箱"),
    "orcid": lazy("ORCID"),
    "age_band": lazy("年龄段"),
    "state": lazy("状态"),
    "organisation": lazy("所属机构"),
    "reason": lazy("原因"),
    "handed_to": lazy("转交给"),
    "scopes": lazy("所在范围"),
    "granted": lazy("受邀者"),
    "proposal_of": lazy("修改人"),
    "attachment": lazy("附件"),
    "person": lazy("本人"),
    "single_review": lazy("单人审核"),
}


def _one(code: str, several: str) -> str:
    """Return what one record of a kind is called; English, unlike Chinese, names several with another word."""
    return code.capitalize() if current_language() == "en" else several


_lazy_one = lazy_text(_one, str)
KIND_LABELS = {
    code: _lazy_one(code, several)
    for code, several in {
        "achievement": "科技成果",
        "need": "技术需求",
        "expert": "专家",
        "lab": "实验室",
    }.items()
}
