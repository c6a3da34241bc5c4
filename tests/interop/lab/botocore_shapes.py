"""The shapes of AWS's APIs, as boto3 validates them: whether a resource of CloudFormation is what the service takes."""

import functools

import botocore.session
from botocore.validate import ParamValidator


@functools.cache
def service(name):
    return botocore.session.get_session().get_service_model(name)


def request(service_name, operation, value):
    """The request that a resource amounts to, with boto3's names for its members, validated."""
    shape = service(service_name).operation_model(operation).input_shape
    made = renamed(shape, value, operation)
    report = ParamValidator().validate(made, shape)
    assert not report.has_errors(), report.generate_report()
    return made


def answer(service_name, operation, value):
    """An answer of a service: every member is one that its model has, of the type that it has there."""
    shape = service(service_name).operation_model(operation).output_shape
    report = ParamValidator().validate(renamed(shape, value, operation), shape)
    assert not report.has_errors(), report.generate_report()


def renamed(shape, value, place):
    """The value with the members as the API names them: CloudFormation begins them with a capital, or spells them otherwise."""
    if shape.type_name == "structure":
        assert isinstance(value, dict), f"{place}: expected an object, got {value!r}"
        known = {name.lower(): name for name in shape.members}
        unknown = [name for name in value if name.lower() not in known]
        assert not unknown, f"{place}: the API does not know {unknown}"
        names = {name: known[name.lower()] for name in value}
        return {names[name]: renamed(shape.members[names[name]], one, f"{place}.{name}") for name, one in value.items()}
    if shape.type_name == "list":
        return [renamed(shape.member, one, f"{place}[]") for one in value]
    if shape.type_name == "map":
        return {name: renamed(shape.value, one, f"{place}.{name}") for name, one in value.items()}
    if shape.type_name == "string" and shape.enum:
        assert value in shape.enum, f"{place}: {value} is none of {shape.enum}"
    return value
