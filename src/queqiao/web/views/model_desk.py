"""The page on which staff see what was learned from their grades, and operators make, choose and leave models."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.models import Run
from queqiao.engine.ranking.ranker import MODEL_VERSION
from queqiao.matching.actions.learning import LEARN, ask_to_learn, use_model
from queqiao.matching.actions.running import match_everything
from queqiao.matching.encoders.standing import standing_told
from queqiao.matching.model_card import card_lines
from queqiao.matching.models import LearnedModel, Match
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.filters import moment
from queqiao.web.views.staff_page import show


@open_to(Rule.STAFF)
def model_desk(request: HttpRequest) -> HttpResponse:
    """Show the models with their figures; learn another one, use one, or go back to the default."""
    sentence = ""
    if request.method == "POST":
        try:
            messages.success(request, _do(request))
            return redirect("model-desk")
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
    rows = list(LearnedModel.objects.defer("data"))
    context = {
        "models": [(row, list(card_lines(row.card))) for row in rows],
        "used": next((row for row in rows if row.used), None),
        "default": MODEL_VERSION,
        "encoder": standing_told(moment),
        "run": Run.objects.filter(kind=LEARN).order_by("-created_at").first(),
        "graded": Match.objects.exclude(grade=None).count(),
        "may_change": bool(actor_of(request).ids("operate")),
        "sentence": sentence,
    }
    return show(request, "bench/model.html", context, status=422 if sentence else 200)


def _do(request: HttpRequest) -> str:
    actor, what = actor_of(request), request.POST.get("what", "")
    if what == "learn":
        ask_to_learn(by=actor)
        return _("已开始学习，通常一两分钟；学完后结果出现在本页。")
    if what == "use":
        use_model(request.POST.get("version", ""), by=actor)
        match_everything(by=actor)
        return _("已更换，正在按新的方法重新匹配全部需求，进度见匹配工作台。")
    raise Http404


urlpatterns = [path("staff/model", model_desk, name="model-desk")]
