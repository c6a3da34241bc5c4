"""What identity policies allow: enough of IAM for policies that only allow, and for those that deny."""

import fnmatch
import re
from dataclasses import dataclass


def listed(value):
    return value if isinstance(value, list) else [value]


def matches(pattern, text):
    """With `*` and `?` as IAM has them; brackets are nothing special."""
    return pattern == text or fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


@dataclass(frozen=True)
class Role:
    """The statements of a role."""

    statements: list

    @classmethod
    def of(cls, properties):
        assert "ManagedPolicyArns" not in properties, "what these allow is not in the template"
        return cls([one for policy in properties["Policies"] for one in policy["PolicyDocument"]["Statement"]])

    def may(self, action, resource, **context):
        """Whether the role may do this. `context` has the condition keys, with `_` for what a name cannot have."""
        fitting = [one for one in self.statements if self.fits(one, action, resource, context)]
        assert all(one["Effect"] in ("Allow", "Deny") for one in fitting)
        return bool(fitting) and all(one["Effect"] == "Allow" for one in fitting)

    @staticmethod
    def fits(statement, action, resource, context):
        assert not {"NotAction", "NotResource", "Principal"} & set(statement), statement
        for operator, wanted in statement.get("Condition", {}).items():
            assert operator == "StringEquals", f"{operator} is not played"
            for key, values in wanted.items():
                if context.get(re.sub(r"\W", "_", key)) not in listed(values):
                    return False
        return any(matches(one.lower(), action.lower()) for one in listed(statement["Action"])) and any(
            matches(one, resource) for one in listed(statement["Resource"])
        )

    def actions(self, all_actions):
        """The actions that are allowed on anything, on any condition."""
        allowed = set()
        for pattern in {one.lower() for statement in self.statements for one in listed(statement["Action"])}:
            fitting = {pattern} & all_actions or set(fnmatch.filter(all_actions, pattern))
            assert fitting, f"there is no action {pattern}"
            allowed |= fitting
        return allowed


def normal(statements):
    """Statements, so that those that say the same are equal."""
    return sorted(
        (
            one["Effect"],
            tuple(sorted(listed(one["Action"]))),
            tuple(sorted(listed(one["Resource"]))),
            str(sorted(one.get("Condition", {}).items())),
        )
        for one in statements
    )
