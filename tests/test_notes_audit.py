"""Which wrong statements of the course notes do the lessons correct, and which still wait?

The notes, four Chinese texts on residual and classic networks, were checked line by line against
the papers: 23 statements are wrong. Each stands here once, by number of the text and line, with
what is right. No lesson may repeat one as true; a lesson on its subject corrects it in both
languages. A correction is found by a phrase that must stand in the section.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pages.ui import translate

STILL_WAITING = 11
"""How many wait for a page that is not written yet. This number may only shrink."""


class Claim(NamedTuple):
    note: str
    claim: str
    right: str
    place: str
    english: str = ""
    chinese: str = ""


WAITING = "waiting for: "

CLAIMS = (
    Claim(
        "000 L30",
        "the training target is to bring the residual close to 0",
        "The loss is the only target; zero is merely easy to reach if identity were optimal.",
        "twins#corrections",
        "no such target exists",
        "并没有这样的训练目标",
    ),
    Claim(
        "000 L55",
        "first green box of the drawing has 64 channels, third 128",
        "All green boxes have 128; the dotted shortcut starts at the last box of 64.",
        "drawn#corrections",
        "All green boxes have 128 channels",
        "绿色方框全都是 128 个通道",
    ),
    Claim(
        "001 L15",
        "not overfitting, since neither training nor test error rose",
        "Both rose; the higher training error is what rules out overfitting.",
        "degradation#not-overfitting",
        "both errors rose",
        "两种误差都上升了",
    ),
    Claim(
        "001 L53",
        "with the identity the gradient always becomes larger",
        "1 + F' is smaller in size than F' where F' < -1/2; the 1 is merely never multiplied away.",
        "degradation#not-simply-vanishing-gradients",
        "Nor is the gradient always larger",
        "梯度也并不总是变大",
    ),
    Claim(
        "001 L59",
        "large gradients explain why residual blocks cure degradation",
        "He 2015 §4.1: with batch normalisation, vanishing gradients are unlikely to be the cause.",
        "degradation#not-simply-vanishing-gradients",
        "*unlikely* to come from vanishing gradients (He 2015, §4.1)",
        "**不太可能**是梯度消失造成的（He 2015，§4.1）",
    ),
    Claim(
        "003 L17",
        "layer l+1 always holds more image information than layer l",
        "Processing never adds information; an identity path makes it easy not to lose any.",
        "twins#corrections",
        "no layer can hold more information about the image",
        "任何一层所含的图像信息，都不会多于计算它所用的那一层",
    ),
    Claim(
        "003 L26",
        "H(x) is an observed value and x is an observed value",
        "In that reading H(x) is predicted, x observed; the authors name multigrid.",
        "twins#corrections",
        "$H(x)$ is the *predicted* value and $x$ the observed one",
        "$H(x)$ 是**预测值**，$x$ 才是观测值",
    ),
    Claim(
        "003 L33",
        "gates, dropout and 1×1 convolutions on the shortcut do not affect the gradient",
        "All of them multiply it, and all did worse than the identity (He 2016, table 1).",
        "shortcuts#corrections",
        "all of them multiply what travels on the shortcut",
        "捷径上传递的信号全都要乘上它们",
    ),
    Claim(
        "003 L49",
        "three units unravel into a tree of 8 nodes",
        "Into 2³ = 8 paths; a full binary tree with 8 leaves has 15 nodes.",
        "unraveled#corrections",
        "They unravel into 2³ = 8 *paths*, not 8 nodes",
        "展开得到的是 2³ = 8 条**路径**，而不是 8 个节点",
    ),
    Claim(
        "004 L38",
        "X_n is both output and input of module n",
        "The input is the previous output: X_n = F_n(W_n, X_{n-1}).",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L96",
        "RBF output y_j sums over j",
        "y_i sums (x_j - w_ij)² over the 84 inputs j, for each of the ten classes i.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L125, L131",
        "AlexNet pools before it normalises",
        "Convolution, ReLU, local response normalisation, then pooling.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L174",
        "AlexNet C1 has 34,848 parameters",
        "96·(11·11·3) weights and 96 biases: 34,944.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L174-181",
        "the rows of AlexNet sum to 60,964,128",
        "60,965,224: 96 biases of C1 and 1,000 of the output are missing.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L181",
        "AlexNet output layer has 4,096,000 parameters",
        "4,097,000 with its 1,000 biases.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L223",
        "pooling inside an Inception module shrinks the maps",
        "It has stride 1 there; separate poolings of stride 2 shrink them.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L230",
        "1×1 reduction leaves 204,800 parameters",
        "128·32 + 32·5·5·256 = 208,896.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L237",
        "auxiliary outputs are averaged into the prediction with 0.3",
        "0.3 weighs their losses in training; the heads are gone afterwards.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L247",
        "three 3×1 convolutions replace one 3×3",
        "One 3×1 and one 1×3.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L269, L271",
        "Inception-v4 uses residual connections",
        "Only Inception-ResNet-v1 and -v2 do.",
        WAITING + "classic networks",
    ),
    Claim(
        "004 L307",
        "the training target is to bring the residual close to 0",
        "As 000 L30.",
        "twins#corrections",
        "no such target exists",
        "并没有这样的训练目标",
    ),
    Claim(
        "004 L317",
        "feature maps of 3×3×64",
        "3×3, 64 names the kernels; the maps are 56×56×64.",
        "drawn#corrections",
        "It names the kernels",
        "它说的是卷积核",
    ),
    Claim(
        "004 L318",
        "green boxes of 64 and of 128 channels",
        "Both have 128; the change is from the last box of 64 to the first of 128.",
        "drawn#corrections",
        "The change is between two stages",
        "形状的改变发生在两个阶段之间",
    ),
)

CORRECTED = [claim for claim in CLAIMS if not claim.place.startswith(WAITING)]


def test_every_wrong_statement_is_listed_once() -> None:
    assert len(CLAIMS) == 23
    assert len({claim.note for claim in CLAIMS}) == 23
    assert all(claim.claim and claim.right for claim in CLAIMS)


def test_fewer_and_fewer_statements_wait() -> None:
    assert len(CLAIMS) - len(CORRECTED) <= STILL_WAITING


@pytest.mark.parametrize("claim", CORRECTED, ids=lambda claim: claim.note)
def test_a_lesson_corrects_the_statement_in_both_languages(claim: Claim) -> None:
    page, section = claim.place.split("#")
    for language, phrase in (("en", claim.english), ("zh", claim.chinese)):
        assert phrase
        assert phrase in translate.lesson(page, section, language)
