"""The body of a request for speech, as OpenAI's clients send it, with a few fields of our own."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from higgs_cli.server.asked import AskedSpeech
from higgs_cli.server.sound_formats import WITH_LENGTH
from higgs_cli.server.voice_shelf import VoiceShelf

SoundFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
LONGEST_NAME = 200


class VoiceId(BaseModel):
    """A voice by its id, which here is its name."""

    id: Annotated[str, Field(max_length=LONGEST_NAME)]


class Drawing(BaseModel):
    """How codes are drawn, where that is not as the server has it."""

    model_config = ConfigDict(extra="ignore")

    seed: Annotated[int | None, Field(ge=0, le=2**62)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0.01, le=1)] = None
    top_k: Annotated[int | None, Field(ge=0, le=1024)] = None

    def settings(self) -> dict[str, object]:
        """By the settings' names."""
        names = ("seed", "temperature", "top_p", "top_k")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


class SpeechBody(Drawing):
    """What is to be said, by whom, and in which form."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": "mini",
                    "input": "The lamp was out. Nobody came.",
                    "voice": "marigold",
                    "response_format": "wav",
                }
            ]
        },
    )

    input: Annotated[str, Field(description="What is to be said.")]
    voice: Annotated[
        str | VoiceId,
        Field(description="A voice of GET /v1/audio/voices; `smart`: the model chooses."),
    ]
    model: Annotated[str, Field(description="Any name: one model is served.")] = ""
    instructions: Annotated[
        str | None, Field(description="The room and the manner: the scene that it is spoken in.")
    ] = None
    response_format: Annotated[
        SoundFormat,
        Field(description="pcm: 16 bits, little-endian, one channel, at the rate of the model."),
    ] = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4, description="The pitch stays.")] = 1.0
    stream_format: Annotated[
        Literal["audio", "sse"], Field(description="Sound as such, or as server-sent events.")
    ] = "audio"
    checked: Annotated[
        bool,
        Field(
            description="Check every take, and speak what fails again, as a render does; the "
            "answer then comes whole. wav and flac always do."
        ),
    ] = False
    gates: Annotated[
        list[Literal["words", "voice"]],
        Field(
            max_length=2,
            description="What takes are held to besides: the words that a recogniser hears, the "
            "voice they are in. Of an answer that comes whole.",
        ),
    ] = []
    language: Annotated[
        str | None, Field(max_length=20, description="Language code (default: detected).")
    ] = None

    @property
    def comes_whole(self) -> bool:
        """And so can be checked and spoken again before it is heard."""
        is_plain = self.stream_format == "audio"
        return self.checked or (is_plain and self.response_format in WITH_LENGTH)

    def asked(self, shelf: VoiceShelf, client: str) -> AskedSpeech:
        """In the words of a render; raises where there is no such voice."""
        name = self.voice if isinstance(self.voice, str) else self.voice.id
        settings = self.settings()
        if self.language is not None:
            settings["language"] = self.language
        return AskedSpeech(
            text=self.input,
            voices=(shelf.voice(name[:LONGEST_NAME]),),
            scene=self.instructions,
            speed=self.speed,
            gates=tuple(self.gates),
            settings=settings,
            client=client,
        )
