"""`POST /v1/user/opt` with nested serializers: registrationIDs below `set`, all or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_app.models import Channel


@dataclass(frozen=True, slots=True)
class Person:
    userid: str
    devices: Mapping[Channel, Sequence[str]]  # all that the person is to have there


class OperationSerializer(serializers.Serializer[Any]):
    app = serializers.DictField(
        child=serializers.ListField(
            child=serializers.RegexField(r"^[0-9A-Za-z_-]+\Z", max_length=64)
        )
    )

    def validate_app(self, value: dict[str, list[str]]) -> dict[Channel, list[str]]:
        channels: dict[str, Channel] = self.context["channels"]
        if unknown := value.keys() - channels.keys():
            raise serializers.ValidationError(f"Unknown channel codes: {', '.join(unknown)}.")
        return {channels[code]: registration_ids for code, registration_ids in value.items()}


class PersonSerializer(serializers.Serializer[Any]):
    userid = serializers.RegexField(r"^[A-Za-z0-9_@!#$&*+=.|￥-]+\Z", max_length=64)
    set = OperationSerializer()


class UserOptRival(APIView):
    parser_classes = (JSONParser,)

    def store(self, people: Sequence[Person]) -> None:
        """All of `people`, or none."""
        raise NotImplementedError

    def post(self, request: Request) -> Response:
        serializer = PersonSerializer(
            data=request.data,
            many=True,
            context={"channels": Channel.objects.in_bulk(field_name="code")},
        )
        serializer.is_valid(raise_exception=True)
        people = [Person(each["userid"], each["set"]["app"]) for each in serializer.validated_data]
        self.store(people)
        return Response(
            {
                "code": 0,
                "message": "success",
                "data": {"success": [person.userid for person in people], "fail": []},
            }
        )
