"""The field names a configuration file may hold: the architecture's, and what transformers adds.

A name outside these lists is an error rather than a silent nothing, since a misspelt number would
otherwise be read as an absent one.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


FLAT = _names(
    """
    vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads
    num_key_value_heads head_dim hidden_act rms_norm_eps rope_parameters rope_scaling rope_theta
    max_position_embeddings initializer_range attention_bias attention_dropout mlp_bias
    pretraining_tp num_codebooks codebook_size audio_token_id audio_bos_token_id
    audio_delay_token_id audio_stream_bos_id audio_stream_eos_id
    """
)
"""The format of `model_type` `higgs_audio_v2`."""

NESTED = _names(
    """
    text_config audio_encoder_config audio_tokenizer_config audio_adapter_type audio_embed_avg
    audio_ffn_hidden_size audio_ffn_intermediate_size audio_dual_ffn_layers
    audio_decoder_proj_num_layers encode_whisper_embed encode_audio_in_tokens use_delay_pattern
    skip_audio_tower use_audio_out_embed_projector use_audio_out_self_attention use_rq_transformer
    rq_transformer_hidden_size rq_transformer_intermediate_size rq_transformer_num_attention_heads
    rq_transformer_num_hidden_layers rq_transformer_num_key_value_heads audio_num_codebooks
    audio_codebook_size audio_stream_bos_id audio_stream_eos_id audio_bos_token audio_eos_token
    audio_out_bos_token audio_in_token audio_out_token audio_in_token_idx audio_out_token_idx
    audio_out_bos_token_id audio_eos_token_id hidden_size
    """
)
"""The outer level of `model_type` `higgs_audio`."""

TEXT = _names(
    """
    vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads
    num_key_value_heads head_dim hidden_act rms_norm_eps rope_parameters rope_scaling rope_theta
    max_position_embeddings initializer_range attention_bias attention_dropout mlp_bias
    pretraining_tp
    """
)
"""Its `text_config`, a Llama's."""

WHISPER = _names(
    """
    num_mel_bins d_model encoder_layers encoder_attention_heads encoder_ffn_dim encoder_layerdrop
    max_source_positions max_target_positions activation_function activation_dropout
    attention_dropout dropout init_std scale_embedding num_hidden_layers vocab_size decoder_layers
    decoder_attention_heads decoder_ffn_dim decoder_layerdrop use_weighted_layer_sum
    classifier_proj_size apply_spec_augment mask_time_prob mask_time_length mask_time_min_masks
    mask_feature_prob mask_feature_length mask_feature_min_masks median_filter_width
    """
)
"""Its `audio_encoder_config`, a Whisper encoder's."""

GENERIC = _names(
    """
    model_type architectures transformers_version dtype torch_dtype _name_or_path name_or_path
    _commit_hash auto_map custom_pipelines tokenizer_class quantization_config per_layer_config
    transformers_weights use_cache is_encoder_decoder is_decoder add_cross_attention
    cross_attention_hidden_size tie_word_embeddings tie_encoder_decoder tie_last_hidden_states
    pruned_heads chunk_size_feed_forward output_hidden_states output_attentions return_dict
    torchscript use_bfloat16 tf_legacy_loss problem_type finetuning_task num_labels id2label
    label2id task_specific_params prefix sep_token_id pad_token_id bos_token_id eos_token_id
    decoder_start_token_id _attn_implementation attn_implementation _attn_implementation_autoset
    _attn_implementation_internal _experts_implementation experts_implementation
    _experts_implementation_internal _output_attentions layer_types gradient_checkpointing
    """
)
"""What `PretrainedConfig` of transformers 4.4x and 5.x adds to every model."""

GENERATION = _names(
    """
    max_length max_new_tokens min_length min_new_tokens do_sample early_stopping num_beams
    num_beam_groups diversity_penalty temperature top_k top_p typical_p repetition_penalty
    length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size encoder_repetition_penalty
    bad_words_ids num_return_sequences return_dict_in_generate output_scores forced_bos_token_id
    forced_eos_token_id remove_invalid_values exponential_decay_length_penalty suppress_tokens
    begin_suppress_tokens epsilon_cutoff eta_cutoff assistant_confidence_threshold
    assistant_lookbehind num_assistant_tokens num_assistant_tokens_schedule target_lookbehind
    """
)
"""Generation settings that transformers used to store beside the architecture."""

ROPE = _names(
    """
    rope_type type rope_theta factor low_freq_factor high_freq_factor
    original_max_position_embeddings partial_rotary_factor
    """
)

# Our names for the fields that are read, and theirs.

LLAMA_NAMES = {
    "vocab_size": "vocab_size",
    "hidden_size": "hidden_size",
    "intermediate_size": "intermediate_size",
    "layer_count": "num_hidden_layers",
    "head_count": "num_attention_heads",
    "kv_head_count": "num_key_value_heads",
    "head_dim": "head_dim",
    "rms_norm_eps": "rms_norm_eps",
    "attention_bias": "attention_bias",
    "mlp_bias": "mlp_bias",
    "initializer_range": "initializer_range",
}
SPEECH_NAMES = {
    "codebook_count": "num_codebooks",
    "rows_per_codebook": "codebook_size",
    "stream_bos_id": "audio_stream_bos_id",
    "stream_eos_id": "audio_stream_eos_id",
    "audio_out_id": "audio_token_id",
    "audio_out_bos_id": "audio_bos_token_id",
    "audio_delay_id": "audio_delay_token_id",
}
FLAT_NAMES = LLAMA_NAMES | SPEECH_NAMES
NESTED_NAMES = {ours: f"text_config.{theirs}" for ours, theirs in LLAMA_NAMES.items()} | {
    "codebook_count": "audio_num_codebooks",
    "rows_per_codebook": "audio_codebook_size",
    "stream_bos_id": "audio_stream_bos_id",
    "stream_eos_id": "audio_stream_eos_id",
    "audio_in_id": "audio_in_token_idx",
    "audio_out_id": "audio_out_token_idx",
    "audio_out_bos_id": "audio_out_bos_token_id",
    "audio_eos_id": "audio_eos_token_id",
    "dual_ffn_layers": "audio_dual_ffn_layers",
}
WHISPER_NAMES = {
    "mel_bins": "num_mel_bins",
    "width": "d_model",
    "layer_count": "encoder_layers",
    "head_count": "encoder_attention_heads",
    "intermediate_size": "encoder_ffn_dim",
    "position_count": "max_source_positions",
}
SCALING_NAMES = {
    "factor": "factor",
    "low_frequency_factor": "low_freq_factor",
    "high_frequency_factor": "high_freq_factor",
    "original_positions": "original_max_position_embeddings",
}
