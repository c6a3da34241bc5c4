"""A CloudFormation template with its parameters filled in: what the service would make of it."""

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ACCOUNT, REGION = "111122223333", "us-west-2"
NOTHING = object()


class Loader(yaml.SafeLoader):
    """YAML with the short forms of the intrinsic functions."""


def short_form(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


Loader.add_multi_constructor("!", short_form)


@functools.cache
def content(path):
    return yaml.load(Path(path).read_text(), Loader)


@dataclass
class Template:
    """A template as a stack of one account and region."""

    content: dict
    parameters: dict
    stack: str = "app"
    account: str = ACCOUNT
    region: str = REGION
    partition: str = "aws"
    resources: dict = field(init=False)

    @classmethod
    def read(cls, path, parameters, **where):
        return cls(content(path), parameters, **where)

    def __post_init__(self):
        declared = self.content["Parameters"]
        assert set(self.parameters) <= set(declared), f"no such parameters: {set(self.parameters) - set(declared)}"
        defaults = {name: one["Default"] for name, one in declared.items() if "Default" in one}
        self.parameters = defaults | self.parameters
        assert set(self.parameters) == set(declared), f"not given: {set(declared) - set(self.parameters)}"
        for name, value in self.parameters.items():
            for one in value if isinstance(value, list) else [value]:
                pattern = declared[name].get("AllowedPattern", "")
                assert re.search(pattern, one), f"{name}: {one} does not match {pattern}"
                assert one in declared[name].get("AllowedValues", [one]), f"{name}: {one}"
        self.resources = {
            name: self.value({key: one for key, one in resource.items() if key != "Condition"})
            for name, resource in self.content["Resources"].items()
            if "Condition" not in resource or self.condition(resource["Condition"])
        }

    def of_type(self, kind):
        return {name: one["Properties"] for name, one in self.resources.items() if one["Type"] == kind}

    def condition(self, name):
        return self.value(self.content["Conditions"][name])

    def value(self, value):
        """A value with its functions called; members without a value are left out."""
        if isinstance(value, list):
            return [one for one in map(self.value, value) if one is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, given),) = value.items()
            if name == "Ref":
                return self.ref(given)
            if name == "Condition" and isinstance(given, str):
                return self.condition(given)
            if name.startswith("Fn::"):
                return getattr(self, name.removeprefix("Fn::").lower())(given)
        called = {key: self.value(one) for key, one in value.items()}
        return {key: one for key, one in called.items() if one is not NOTHING}

    def ref(self, name):
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::NoValue": NOTHING,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        # The name, which for a bucket is made up.
        properties = self.content["Resources"][name]["Properties"]
        key = next((key for key in ("Name", "LogGroupName", "RoleName", "FunctionName") if key in properties), None)
        return self.value(properties[key]) if key else f"{self.stack}-{name.lower()}-1a2b3c"

    def getatt(self, given):
        name, attribute = given
        assert attribute == "Arn", given
        kind, own = self.content["Resources"][name]["Type"], self.ref(name)
        here = f"{self.region}:{self.account}"
        form = {
            "AWS::CodeBuild::Project": f"codebuild:{here}:project/{own}",
            "AWS::CodeBuild::ReportGroup": f"codebuild:{here}:report-group/{own}",
            "AWS::Lambda::Function": f"lambda:{here}:function:{own}",
            "AWS::IAM::Role": f"iam::{self.account}:role/{own}",
            "AWS::Logs::LogGroup": f"logs:{here}:log-group:{own}:*",
            "AWS::S3::Bucket": f"s3:::{own}",
        }
        return f"arn:{self.partition}:{form[kind]}"

    def sub(self, given):
        text, own = (given, {}) if isinstance(given, str) else (given[0], self.value(given[1]))

        def filled(found):
            name = found[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in own:
                return own[name]
            return self.getatt(name.split(".", 1)) if "." in name else self.ref(name)

        return re.sub(r"\$\{([^}]*)\}", filled, text)

    def select(self, given):
        return self.value(given[1])[int(given[0])]

    def split(self, given):
        return self.value(given[1]).split(given[0])

    def equals(self, given):
        return self.value(given[0]) == self.value(given[1])

    def and_(self, given):
        return all(self.value(one) for one in given)

    def or_(self, given):
        return any(self.value(one) for one in given)

    def not_(self, given):
        return not self.value(given[0])

    def if_(self, given):
        return self.value(given[1] if self.condition(given[0]) else given[2])


# Some of the functions are words of Python.
for word in ("and", "if", "not", "or"):
    setattr(Template, word, getattr(Template, f"{word}_"))
