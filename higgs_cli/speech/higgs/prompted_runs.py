"""Runs in plain data become requests to the engine: conversation, prompts, codes as tensors."""

from __future__ import annotations

import numpy as np
import torch

from higgs_cli.speech.protocol import Sampling, SpeechChunk, SpeechRun, VoiceReference
from model.runs.prompt import Prompt
from model.runs.run import ChunkRequest, RunRequest
from tokenizer.prompts.layouts import (
    Conversation,
    SpeakerVoice,
    clone_by_turns,
    plain,
    tagged,
    voices_in_system,
)
from tokenizer.prompts.messages import AudioContent
from tokenizer.prompts.positions import ExpandedPrompt
from tokenizer.prompts.writer import PromptWriter


def run_request(writer: PromptWriter, run: SpeechRun, sampling: Sampling, seed: int) -> RunRequest:
    """A run as the engine wants it; what it says itself of sampling and seed goes first."""
    return RunRequest(
        key=run.key,
        prefix=_prompt(writer.prefix(conversation_of(run))),
        chunks=tuple(_chunk(writer, chunk) for chunk in run.chunks),
        closing=writer.closing().ids,
        seed=seed if run.seed is None else run.seed,
        sampling=run.sampling or sampling,
        context_chunks=run.context_chunks,
    )


def _chunk(writer: PromptWriter, chunk: SpeechChunk) -> ChunkRequest:
    return ChunkRequest(
        key=chunk.key,
        prompt=_prompt(writer.opening(chunk.text)),
        frame_budget=chunk.frame_budget,
        minimum_frames=chunk.minimum_frames,
        first_attempt=chunk.first_attempt,
        stored_codes=chunk.stored_codes,
    )


def conversation_of(run: SpeechRun) -> Conversation:
    """The layout that suits what is known of the voices of a run."""
    references = run.references
    if all(reference.is_blank for reference in references):
        if len(references) > 1:
            return tagged(range(len(references)), run.scene)
        return plain(run.scene)
    voices = tuple(_voice(reference) for reference in references)
    if all(voice.audio is not None and voice.transcript.strip() for voice in voices):
        return clone_by_turns(voices, run.scene)
    return voices_in_system(voices, run.scene)


def _voice(reference: VoiceReference) -> SpeakerVoice:
    codes = reference.codes
    return SpeakerVoice(
        audio=None if codes is None else AudioContent(torch.from_numpy(codes.astype(np.int64))),
        transcript=reference.transcript or "",
        description=reference.description or ("" if codes is not None else "a voice of their own"),
    )


def _prompt(expanded: ExpandedPrompt) -> Prompt:
    return Prompt(expanded.ids, expanded.codes if expanded.codes.shape[1] else None)
